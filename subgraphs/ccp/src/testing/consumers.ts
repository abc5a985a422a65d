import { randomUUID } from 'node:crypto';
import { encodeCursor } from '@chargegraph/events';
import type { SubgraphResponse } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { service } from './callers.ts';
import type { Harness } from './harness.ts';

const consumerFields = `clientId organisation name cursor lag oldestUnacknowledgedAt connected createdAt lastContactAt`;
const userErrors = 'userErrors { message path code }';

const mutations = {
  leaseEventConsumer: ['LeaseEventConsumerInput', 'lease { fencing cursor }'],
  renewEventConsumers: ['RenewEventConsumersInput', 'states'],
  releaseEventConsumer: ['EventConsumerLeaseInput', 'released'],
  acknowledgeEvents: ['AcknowledgeEventsInput', `consumer { ${consumerFields} }`],
  rejectEvent: ['RejectEventInput', `consumer { ${consumerFields} }`],
  deleteEventConsumer: ['DeleteEventConsumerInput', 'deletedName'],
  redeliverEvents: ['RedeliverEventsInput', `consumer { ${consumerFields} }`],
  sendTestEvent: ['SendTestEventInput', 'eventId'],
} as const;

/** A consumer as the pool shows it. */
export interface ShownConsumer {
  readonly clientId: string;
  readonly organisation: string;
  readonly name: string;
  readonly cursor: string;
  readonly lag: number | null;
  readonly oldestUnacknowledgedAt: string | null;
  readonly connected: boolean;
  readonly createdAt: string;
  readonly lastContactAt: string;
}

/** A payload of any of these mutations, with the response's errors. */
export interface ConsumerAnswer {
  readonly errors: SubgraphResponse['errors'];
  readonly lease?: { readonly fencing: string; readonly cursor: string } | null;
  readonly states?: readonly string[];
  readonly released?: boolean;
  readonly consumer?: ShownConsumer | null;
  readonly deletedName?: string | null;
  readonly eventId?: string | null;
  readonly userErrors?: readonly {
    readonly code: string;
    readonly message: string;
    readonly path: unknown;
  }[];
}

/** A lease as its holder knows it. */
export interface HeldLease {
  readonly clientId: string;
  readonly consumer: string;
  readonly holder: string;
  readonly fencing: string;
}

/** An event to be put into the log. */
export interface WrittenEvent {
  readonly type?: string;
  readonly wmi?: string;
  readonly providerId?: string;
  readonly emaid?: string;
}

/** The verbs of consumers. */
export interface Consumers {
  mutate(caller: Caller, field: keyof typeof mutations, input: object): Promise<ConsumerAnswer>;
  list(
    caller: Caller,
    variables?: Record<string, unknown>,
  ): Promise<{
    readonly nodes: readonly ShownConsumer[];
    readonly totalCount: number;
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  }>;
  /** Leases a client's consumer as a gateway does. */
  leaseRaw(caller: Caller, consumer: string, input?: object): Promise<ConsumerAnswer & { holder: string }>;
  /** The same; throws when it is refused. */
  lease(caller: Caller, consumer: string, input?: object): Promise<HeldLease & { readonly cursor: string }>;
  states(...leases: readonly HeldLease[]): Promise<readonly string[]>;
  /** Puts events into the log, at once; resolves with their cursors. */
  log(...events: readonly WrittenEvent[]): Promise<string[]>;
  cursorAt(position: number, logId?: string): Promise<string>;
  head(): Promise<{ readonly logId: string; readonly position: number }>;
  /** What mobility operators were told, in order: type, EMAID and reason. */
  told(): Promise<readonly string[]>;
}

/** Makes them for a pool. */
export function consumersOf({ run, database, clock, events }: Harness): Consumers {
  const consumers: Consumers = {
    async mutate(caller, field, input) {
      const [type, selection] = mutations[field];
      const query = `mutation ($input: ${type}!) { answer: ${field}(input: $input) { ${selection} ${userErrors} } }`;
      const { data, errors } = await run(caller, query, { input });
      return { errors, ...(data?.['answer'] as object) };
    },
    async list(caller, variables = {}) {
      const { data, errors } = await run(
        caller,
        `query ($where: EventConsumerFilter, $first: Int, $after: String, $last: Int, $before: String) {
          eventConsumers(where: $where, first: $first, after: $after, last: $last, before: $before) {
            nodes { ${consumerFields} } totalCount pageInfo { endCursor hasNextPage } } }`,
        { ...(variables['last'] === undefined && { first: 100 }), ...variables },
      );
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data?.['eventConsumers'] as Awaited<ReturnType<Consumers['list']>>;
    },
    async leaseRaw({ clientId, organisation, wmis, roles }, consumer, input = {}) {
      const holder = randomUUID();
      const answer = await consumers.mutate(service, 'leaseEventConsumer', {
        clientId,
        organisation,
        wmis: roles.has('OEM') ? [...wmis] : [],
        consumer,
        holder,
        ...input,
      });
      return { ...answer, holder };
    },
    async lease(caller, consumer, input) {
      const {
        lease,
        holder,
        errors,
        userErrors: refusals,
      } = await consumers.leaseRaw(caller, consumer, input);
      if (lease == null) throw new Error(JSON.stringify(errors ?? refusals));
      return { clientId: caller.clientId, consumer, holder, fencing: lease.fencing, cursor: lease.cursor };
    },
    async states(...leases) {
      const answer = await consumers.mutate(service, 'renewEventConsumers', {
        leases: leases.map(({ clientId, consumer, holder, fencing }) => ({
          clientId,
          consumer,
          holder,
          fencing,
        })),
      });
      return answer.states ?? [];
    },
    async log(...written) {
      const { logId, first } = await database.transaction(async (tx) => {
        const [head] = await tx.query<{ log_id: string; position: string }>(
          'SELECT log_id, position FROM log_head FOR UPDATE',
        );
        const begin = Number(head?.position) + 1;
        const rows = written.map(
          ({ type = 'OEM_CONTRACT_CREATED', wmi = 'WCG', providerId = 'DEABC', ...event }, index) => {
            const emaid = event.emaid ?? `${providerId}C${String(begin + index).padStart(8, '0')}`;
            const pcid = `${wmi}TEST0000000001`;
            const facts = { emaid, emaidKey: emaid, pcid, pcidKey: pcid, wmi, providerId, namespaces: [] };
            return { type, facts };
          },
        );
        await tx.execute(
          `INSERT INTO log (position, event_id, type, occurred_at, logged_at, facts)
           SELECT $1 + ordinal - 1, gen_random_uuid(), e->>'type', $2, $2, e->'facts'
             FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY w (e, ordinal)`,
          [begin, clock.now(), JSON.stringify(rows)],
        );
        await tx.execute('UPDATE log_head SET position = position + $1', [rows.length]);
        return { logId: head?.log_id ?? '', first: begin };
      });
      return written.map((_, index) => encodeCursor({ pool: 'ccp', logId, position: first + index }));
    },
    async head() {
      const [head] = await database.query<{ log_id: string; position: string }>(
        'SELECT log_id, position FROM log_head',
      );
      return { logId: head?.log_id ?? '', position: Number(head?.position) };
    },
    async cursorAt(position, logId) {
      return encodeCursor({ pool: 'ccp', logId: logId ?? (await consumers.head()).logId, position });
    },
    async told() {
      return (await events())
        .filter(({ type }) => type.startsWith('MO_'))
        .map(({ type, facts: { emaid, reason } }) =>
          [type, emaid, ...(reason === undefined ? [] : [reason])].join(' '),
        );
    },
  };
  return consumers;
}
