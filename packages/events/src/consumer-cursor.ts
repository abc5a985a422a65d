import type { SqlRunner } from '@chargegraph/database';
import type { LogPosition } from './event.ts';

/** Reads how far an internal consumer has carried out another pool's log; undefined before its first time. */
export async function readConsumerCursor(
  db: Pick<SqlRunner, 'query'>,
  name: string,
): Promise<LogPosition | undefined> {
  const [row] = await db.query<{ log_id: string; position: string }>(
    'SELECT log_id, position FROM consumer_cursor WHERE name = $1',
    [name],
  );
  return row === undefined ? undefined : { logId: row.log_id, position: Number(row.position) };
}

/**
 * Moves a consumer's cursor from where it was read to where it is now, in the transaction of the effects. Called
 * first, it keeps others who would carry out the same events waiting until the transaction ends.
 *
 * @returns false when the cursor was moved by somebody else since it was read: then nothing may be done
 */
export async function moveConsumerCursor(
  tx: Pick<SqlRunner, 'execute'>,
  name: string,
  from: LogPosition | undefined,
  to: LogPosition,
): Promise<boolean> {
  const changed =
    from === undefined
      ? await tx.execute(
          'INSERT INTO consumer_cursor (name, log_id, position) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING',
          [name, to.logId, to.position],
        )
      : await tx.execute(
          `UPDATE consumer_cursor SET log_id = $2, position = $3, updated_at = now()
            WHERE name = $1 AND log_id = $4 AND position = $5`,
          [name, to.logId, to.position, from.logId, from.position],
        );
  return changed === 1;
}
