import type { Client, ExecutionResult } from 'graphql-ws';
import type { Doors } from '@chargegraph/cli';
import { within } from './wait.ts';

/** A selection of an event's own facts. */
export const factsOfEvents = `subscription ($where: ContractEventFilter, $after: Cursor) {
  contractEvents(where: $where, after: $after) { id cursor type emaid pcid }
}`;

/** What {@link factsOfEvents} delivers. */
export interface EventFacts {
  readonly id: string;
  readonly cursor: string;
  readonly type: string;
  readonly emaid: string;
  readonly pcid: string;
}

/** The cursor of a log's present end, as the operator reads it. */
export async function endOfLog(operator: Doors, field = 'contractEventLog'): Promise<string> {
  const { log } = await operator.graphql<{ log: { head: string } }>(`{ log: ${field}(first: 1) { head } }`);
  return log.head;
}

/** An open subscription, with everything that it delivered. */
export interface Listening<T> {
  /** The results so far, in order. */
  readonly results: readonly ExecutionResult<T>[];
  /** The next result that was not taken yet, within ten seconds. */
  take(): Promise<ExecutionResult<T>>;
  /** The next so many results' data, of the one field there is. */
  events(count: number): Promise<T[keyof T][]>;
  /** Resolves when the subscription ends; rejects with the reason for which the client gave up. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Subscribes with the stock client. */
export function listen<T = { contractEvents: EventFacts }>(
  client: Client,
  query: string = factsOfEvents,
  variables: Record<string, unknown> = {},
): Listening<T> {
  const results: ExecutionResult<T>[] = [];
  let taken = 0;
  let wake: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stop = client.subscribe<T>(
      { query, variables },
      {
        next: (result) => {
          results.push(result as ExecutionResult<T>);
          wake();
        },
        error: (reason) => {
          reject(reason instanceof Error ? reason : Object.assign(new Error(describe(reason)), { reason }));
        },
        complete: resolve,
      },
    );
  });
  // Whoever is interested awaits it; nobody has to.
  ended.catch(() => undefined);

  const take = async (): Promise<ExecutionResult<T>> => {
    for (;;) {
      const result = results[taken];
      if (result !== undefined) {
        taken += 1;
        return result;
      }
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const end = ended.then(() => {
        throw new Error('The subscription ended.');
      });
      await within('a result of the subscription', 15_000, Promise.race([more, end]));
    }
  };

  return {
    results,
    ended,
    take,
    stop,
    events: async (count) => {
      const events: T[keyof T][] = [];
      while (events.length < count) {
        const { data, errors } = await take();
        if (data == null || errors !== undefined) throw new Error(JSON.stringify({ data, errors }));
        events.push(...Object.values<T[keyof T]>(data));
      }
      return events;
    },
  };
}

function describe(reason: unknown): string {
  if (typeof reason === 'object' && reason !== null && 'code' in reason) {
    return `closed with ${String(reason.code)}${'reason' in reason ? ` ${String(reason.reason)}` : ''}`;
  }
  return JSON.stringify(reason);
}
