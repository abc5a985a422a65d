import type { Client } from 'graphql-ws';
import type { Doors } from '@chargegraph/cli';
import { listen, type EventFacts, type Listening } from '../harness/events.ts';
import type { UserError } from '../harness/parties.ts';

/** An event as these tests select it. */
export interface ConsumedEvent extends EventFacts {
  readonly reason: string | null;
  readonly clientId: string | null;
  readonly consumer: string | null;
}

const selection = '{ id cursor type emaid pcid reason clientId consumer }';

/** What a named consumer is told. */
export type Consuming = Listening<{ contractEvents: ConsumedEvent }>;

/** Subscribes with a named consumer. */
export const consume = (
  client: Client,
  consumer: string,
  begin: { readonly after?: string; readonly fromBeginning?: boolean } = {},
): Consuming =>
  listen<{ contractEvents: ConsumedEvent }>(
    client,
    `subscription ($consumer: String, $after: Cursor, $fromBeginning: Boolean! = false) {
      contractEvents(consumer: $consumer, after: $after, fromBeginning: $fromBeginning) ${selection} }`,
    { consumer, ...begin },
  );

/** Subscribes without one. */
export const hear = (client: Client, after: string): Consuming =>
  listen<{ contractEvents: ConsumedEvent }>(
    client,
    `subscription ($after: Cursor) { contractEvents(after: $after) ${selection} }`,
    { after },
  );

/** A consumer as its client and the operator see it. */
export interface ShownConsumer {
  readonly clientId: string;
  readonly name: string;
  readonly cursor: string;
  readonly lag: number;
  readonly connected: boolean;
}

/** The consumers that a party sees. */
export const consumersOf = async (doors: Doors, where: object = {}): Promise<readonly ShownConsumer[]> =>
  (
    await doors.graphql<{ eventConsumers: { nodes: ShownConsumer[] } }>(
      `query ($where: EventConsumerFilter) { eventConsumers(first: 100, where: $where) {
        nodes { clientId name cursor lag connected } } }`,
      { where },
    )
  ).eventConsumers.nodes;

/** Runs one of the mutations of consumers; resolves with its refusals. */
export async function mutate(doors: Doors, name: string, input: object): Promise<readonly UserError[]> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const answer = await doors.graphql<{ payload: { userErrors: UserError[] } }>(
    `mutation ($input: ${type}!) { payload: ${name}(input: $input) { userErrors { message path code } } }`,
    { input },
  );
  return answer.payload.userErrors;
}

/** The same; throws when it is refused. */
export async function mustDo(doors: Doors, name: string, input: object): Promise<void> {
  const [refusal] = await mutate(doors, name, input);
  if (refusal !== undefined) throw new Error(refusal.message);
}

/** Types and EMAIDs of what was told so far. */
export const toldBy = ({ results }: Consuming): string[] =>
  results.flatMap(({ data }) =>
    data == null ? [] : [`${data.contractEvents.type} ${data.contractEvents.emaid}`],
  );
