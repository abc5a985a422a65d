import type { SqlRunner } from '@chargegraph/database';

/**
 * SQL for which incarnation of a log this is: the cluster's identity, which a restore into another cluster changes; its
 * timeline, which every promotion and point-in-time recovery moves on; and which database and table of it this is, which
 * change when a dump is loaded or a database copied. What it cannot show is that the cluster's files were put back as
 * they once were: then {@link renewLog} must be told to.
 */
export const presentIncarnation = `(SELECT system_identifier::text FROM pg_control_system())
  || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
  || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || 'log_head'::regclass::oid`;

/**
 * Gives a pool's log a new id, so that cursors from before are refused: after its database was put back to an earlier
 * state, positions will be given twice.
 *
 * @returns the new id
 */
export async function renewLog(db: Pick<SqlRunner, 'query'>): Promise<string> {
  const [head] = await db.query<{ log_id: string }>(
    `UPDATE log_head SET log_id = gen_random_uuid(), incarnation = ${presentIncarnation} RETURNING log_id`,
  );
  if (head === undefined) throw new Error('The event log has no head.');
  return head.log_id;
}
