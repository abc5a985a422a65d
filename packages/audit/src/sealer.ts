import type { Database } from '@chargegraph/database';
import { createWorkLoop, type Logger, type WorkLoop } from '@chargegraph/service';
import { hasOpenRecords, sealBatch } from './seal-batch.ts';

/** What a sealer needs. */
export interface SealerOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Milliseconds between looks at the open records when nobody wakes it; 1,000 unless given. */
  readonly pollInterval?: number;
}

const batchSize = 500;
/** How soon to look again after another sealer was found at work, which may just have missed our row. */
const busyPause = 25;

/**
 * Makes what seals a pool's committed audit records into its hash chain. Any number may run for the same pool, in any
 * processes: an advisory lock lets one at a time seal a batch. Errors are logged and tried again.
 */
export function createSealer({ database, pollInterval = 1_000, ...options }: SealerOptions): WorkLoop {
  const logger = options.logger.child({ part: 'audit sealer', pool: database.schema });
  return createWorkLoop({
    work: async (goesOn) => {
      const [look] = await database.query<{ work: boolean }>(hasOpenRecords);
      if (look?.work !== true) return pollInterval;
      for (;;) {
        const outcome = await database.transaction((tx) => sealBatch(tx, database.schema, batchSize));
        if (outcome.kind === 'busy') return Math.min(busyPause, pollInterval);
        if (outcome.count < batchSize || !goesOn()) return pollInterval;
      }
    },
    onFailure: (error) => {
      logger.error({ err: error }, 'sealing audit records failed; trying again');
    },
    onRecovery: () => {
      logger.info('audit records are sealed again');
    },
  });
}
