import { randomUUID } from 'node:crypto';
import {
  decodeCursor,
  encodeCursor,
  type JsonObject,
  type LoggedEvent,
  type LogPage,
  type ReadLog,
} from '@chargegraph/events';
import { serviceCaller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { PoolSource } from '../graph/executor.ts';
import { commonFields, type EventSource } from './event-source.ts';
import { pick } from './sources/conditions.ts';

interface Answer {
  readonly log: {
    readonly events: readonly ({ id: string; cursor: string; type: string; time: string } & JsonObject)[];
    readonly head: string;
  };
}

const readTimeoutMs = 10_000;

/** Reads a pool's log through its log field, as the gateway's own service identity. */
export function createLogReader(source: EventSource, pool: PoolSource): ReadLog {
  const selections = source.factSelections ?? {};
  const fields = [...commonFields, ...source.facts]
    .map((name) => `${name} ${selections[name] ?? ''}`)
    .join(' ');
  const query = `query EventLog($after: Cursor, $first: Int!) {
    log: ${source.log}(after: $after, first: $first) { events { ${fields} } head }
  }`;
  const caller = serviceCaller('gateway');
  let logId: string | undefined;

  const ask = async (after: string | null, first: number) =>
    await pool.execute({
      query,
      variables: { after, first },
      context: { caller, traceId: randomUUID(), deadline: Date.now() + readTimeoutMs, hops: 0 },
    });

  /** One look at the log behind a cursor, which the log refuses when it was replaced or pruned. */
  const look = async (after: string | null, first: number): Promise<LogPage> => {
    let response = await ask(after, first);
    // The log was replaced, or pruned: where it stands now tells whoever asked that something is missing.
    const code = response.errors?.[0]?.extensions?.['code'];
    if (code === 'CURSOR_INVALID' || code === 'CURSOR_EXPIRED') response = await ask(null, first);
    if (response.errors !== undefined || response.data == null) {
      throw new ChargeGraphError('UNAVAILABLE', 'The event log cannot be read at present: try again soon.', {
        cause: new Error(response.errors?.[0]?.message ?? 'no data'),
      });
    }
    const { events, head } = (response.data as unknown as Answer).log;
    const end = decodeCursor(head);
    logId = end.logId;
    return {
      logId: end.logId,
      head: end.position,
      events: events.map((event): LoggedEvent => ({
        logId: end.logId,
        position: decodeCursor(event.cursor).position,
        id: event.id,
        type: event.type,
        occurredAt: new Date(event.time),
        facts: pick(event, source.facts),
      })),
    };
  };

  return async (after, first) => {
    if (after === 0) return await look(null, first);
    logId ??= (await look(null, 1)).logId;
    return await look(encodeCursor({ pool: source.pool, logId, position: after }), first);
  };
}
