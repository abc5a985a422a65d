import { createPeriodicJob, type Database } from '@chargegraph/database';
import type { Logger, WorkLoop } from '@chargegraph/service';

/** What came of looking for events that need not be kept. */
export interface Pruning {
  readonly deleted: number;
  /** Readers that are behind what would have been deleted, and so keep it. */
  readonly heldBackBy: readonly string[];
}

/** What pruning a log takes. */
export interface PruneOptions {
  /** What was logged so many milliseconds ago need not be kept: by the database's clock, which wrote when that was. */
  readonly keepFor: number;
  /** Events of one transaction; 2,000 unless given. */
  readonly batchSize?: number;
  /** Asked before each batch. */
  readonly mayGoOn?: () => Promise<boolean>;
}

interface Held {
  readonly name: string;
  readonly position: string;
}

/**
 * Deletes old events from the beginning of a pool's log, in batches, each a short transaction: never one that a reader
 * of the log has not read, and never one behind one that is kept, so that what is kept has no gap.
 */
export async function pruneLog(
  database: Database,
  { keepFor, batchSize = 2_000, mayGoOn = () => Promise.resolve(true) }: PruneOptions,
): Promise<Pruning> {
  let deleted = 0;
  for (;;) {
    if (!(await mayGoOn())) return { deleted, heldBackBy: [] };
    const batch = await pruneBatch(database, keepFor, batchSize);
    deleted += batch.deleted;
    if (batch.deleted < batchSize) return { deleted, heldBackBy: batch.heldBackBy };
  }
}

async function pruneBatch(database: Database, keepFor: number, size: number): Promise<Pruning> {
  return await database.transaction(async (tx) => {
    const oldest = await tx.query<{ position: string; old: boolean }>(
      `SELECT position, logged_at < now() - make_interval(secs => $1) AS old
         FROM log ORDER BY position LIMIT $2`,
      [keepFor / 1_000, size],
    );
    const kept = oldest.findIndex(({ old }) => !old);
    const last = (kept === -1 ? oldest : oldest.slice(0, kept)).at(-1);
    if (last === undefined) return { deleted: 0, heldBackBy: [] };
    // Those that read it through the graph are noted; what follows the pool's own log keeps its place itself.
    const behind = await tx.query<Held>(
      `SELECT r.name, r.position
         FROM (SELECT name, log_id, position FROM log_reader
               UNION ALL SELECT name, log_id, position FROM consumer_cursor) r
         JOIN log_head h USING (log_id)
        WHERE r.position < $1 ORDER BY r.position`,
      [last.position],
    );
    const upTo = behind[0]?.position ?? last.position;
    const deleted = await tx.execute('DELETE FROM log WHERE position <= $1', [upTo]);
    return { deleted, heldBackBy: behind.map(({ name }) => name) };
  });
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Makes the job that keeps a pool's log for so many days and no longer.
 *
 * @param options.days 0 keeps it for ever
 */
export function createRetention(options: {
  readonly database: Database;
  readonly days: number;
  readonly logger: Logger;
}): WorkLoop {
  const { database, days, logger } = options;
  return createPeriodicJob({
    name: 'retention',
    database,
    logger,
    interval: hour,
    work: async (mayGoOn) => {
      if (days === 0) return;
      const { deleted, heldBackBy } = await pruneLog(database, { keepFor: days * day, mayGoOn });
      if (deleted > 0) logger.info({ deleted }, 'old events were removed from the log');
      if (heldBackBy.length > 0) {
        logger.warn({ heldBackBy }, 'old events are kept for readers of the log that have not read them');
      }
    },
  });
}
