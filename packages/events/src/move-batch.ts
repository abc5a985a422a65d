import { randomUUID } from 'node:crypto';
import type { Transaction } from '@chargegraph/database';
import type { JsonObject, LoggedEvent } from './event.ts';
import { presentIncarnation } from './incarnation.ts';

/** What one try to move a batch came to. */
export type BatchOutcome =
  /** Another sequencer of the same pool is at it. */
  | { readonly kind: 'busy' }
  /** `taken` outbox rows were moved; `events` are those that are new to the log, in the order of positions. */
  | { readonly kind: 'moved'; readonly taken: number; readonly events: readonly LoggedEvent[] };

/** SQL that is true when there is something to do: outbox rows, or a new incarnation of the database. */
export const hasWork = `SELECT EXISTS (SELECT FROM outbox)
  OR EXISTS (SELECT FROM log_head WHERE incarnation IS DISTINCT FROM ${presentIncarnation}) AS work`;

interface MovedRow {
  position: string;
  event_id: string;
  type: string;
  occurred_at: Date;
  facts: JsonObject;
}

/** Reads the head, and gives the log a new id first when the database has become another incarnation. */
async function lockHead(tx: Transaction): Promise<{ logId: string; position: number }> {
  const [head] = await tx.query<{
    log_id: string;
    position: string;
    incarnation: string | null;
    present: string;
  }>(`SELECT log_id, position, incarnation, ${presentIncarnation} AS present FROM log_head FOR UPDATE`);
  if (head === undefined) throw new Error('The event log has no head.');
  const position = Number(head.position);
  if (head.incarnation === head.present) return { logId: head.log_id, position };
  // A log that never had an incarnation is new, and nobody holds a cursor of it.
  const logId = head.incarnation === null ? head.log_id : randomUUID();
  await tx.execute('UPDATE log_head SET log_id = $1, incarnation = $2', [logId, head.present]);
  return { logId, position };
}

/**
 * Moves up to `size` committed outbox rows, in the order of their ids, into the log. The transaction must be
 * `read committed`: what is moved is what had been committed once the lock was held. Rows of open transactions
 * are not visible and delay nobody.
 */
export async function moveBatch(tx: Transaction, schema: string, size: number): Promise<BatchOutcome> {
  const [lock] = await tx.query<{ held: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('chargegraph sequencer ' || $1, 0)) AS held",
    [schema],
  );
  if (lock?.held !== true) return { kind: 'busy' };
  const head = await lockHead(tx);
  const rows = await tx.query<{ taken: string } & (MovedRow | { position: null })>(
    `WITH taken AS (
       DELETE FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM outbox ORDER BY id LIMIT $2))
       RETURNING id, event_id, type, occurred_at, facts
     ), first_of_each AS (
       SELECT DISTINCT ON (event_id) * FROM taken ORDER BY event_id, id
     ), fresh AS (
       SELECT f.*, $1 + row_number() OVER (ORDER BY f.id) AS position FROM first_of_each f
        WHERE NOT EXISTS (SELECT FROM log WHERE log.event_id = f.event_id)
     ), logged AS (
       INSERT INTO log (position, event_id, type, occurred_at, logged_at, facts)
       SELECT position, event_id, type, occurred_at, clock_timestamp(), facts FROM fresh
       RETURNING position, event_id, type, occurred_at, facts
     )
     SELECT count.taken, logged.* FROM (SELECT count(*) AS taken FROM taken) count
       LEFT JOIN logged ON true ORDER BY logged.position`,
    [head.position, size],
  );
  const events = rows.flatMap((row): LoggedEvent[] =>
    row.position === null
      ? []
      : [
          {
            logId: head.logId,
            position: Number(row.position),
            id: row.event_id,
            type: row.type,
            occurredAt: row.occurred_at,
            facts: row.facts,
          },
        ],
  );
  if (events.length > 0) await tx.execute('UPDATE log_head SET position = position + $1', [events.length]);
  return { kind: 'moved', taken: Number(rows[0]?.taken ?? 0), events };
}
