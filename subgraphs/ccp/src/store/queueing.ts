import type { Database } from '@chargegraph/database';
import { insertEvents, moveConsumerCursor, readConsumerCursor, readHead } from '@chargegraph/events';
import { deliveredTypes } from '../domain/acknowledge-events.ts';
import type { QueueingStore } from '../domain/queue-events.ts';

/** The name of the consumer that follows the pool's own log for what waits. */
export const queueName = 'queued';

/** What is told of events that wait, in PostgreSQL. */
export function createQueueingStore(
  database: Database,
  /** Called after each commit that brought an event. */
  onEvent: () => void,
): QueueingStore {
  return {
    cursor: () => readConsumerCursor(database, queueName),
    head: () => readHead(database),

    forget: (limit) =>
      database.execute(
        `DELETE FROM event_delivery WHERE (event_id, outcome) IN (
           SELECT d.event_id, d.outcome FROM event_delivery d
            WHERE d.position < (SELECT coalesce((SELECT min(l.position) FROM log l), h.position + 1) FROM log_head h)
            ORDER BY d.position LIMIT $1)`,
        [limit],
      ),

    transaction: (work) =>
      database.transaction((tx) =>
        work({
          moveCursor: (from, to) => moveConsumerCursor(tx, queueName, from, to),

          async tellQueued({ after, to }, now) {
            const told = await tx.execute(
              `WITH due AS (
                 SELECT e.event_id, e.position, e.facts FROM log e CROSS JOIN log_head h
                  WHERE e.position > $1 AND e.position <= $2 AND e.type = ANY ($3)
                    AND EXISTS (SELECT FROM event_consumer c
                                 WHERE c.wmis @> ARRAY[e.facts->>'wmi'] AND c.log_id = h.log_id
                                   AND c.position < e.position)
                    AND NOT EXISTS (SELECT FROM event_consumer c
                                     WHERE c.wmis @> ARRAY[e.facts->>'wmi'] AND c.lease_until > $4)
               ), fresh AS (
                 INSERT INTO event_delivery (event_id, outcome, position, told_at)
                 SELECT event_id, 'QUEUED', position, $4 FROM due ORDER BY position
                 ON CONFLICT DO NOTHING RETURNING event_id
               )
               ${insertEvents}
               SELECT gen_random_uuid(), 'MO_CONTRACT_QUEUED_TO_OEM', $4, facts - 'madeDefaultIn'
                 FROM due JOIN fresh USING (event_id) ORDER BY position`,
              [after, to, deliveredTypes, now],
            );
            if (told > 0) tx.afterCommit(onEvent);
          },
        }),
      ),
  };
}
