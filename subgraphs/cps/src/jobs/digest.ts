import { asOnlyRunner, type Database } from '@chargegraph/database';
import { createWorkLoop, type Logger, type WorkLoop } from '@chargegraph/service';
import { untilNextDay } from '../domain/digest.ts';
import { createDigestTeller, type DigestDeps } from '../domain/tell-digest.ts';

/** When the operator is told the daily digest. */
export interface DigestSettings {
  /** Minutes after midnight in UTC; 360 unless given, and then up to ten more by chance. */
  readonly at?: number | undefined;
  /** Milliseconds for which pools that do not answer are waited for; 15 minutes unless given. */
  readonly patience?: number | undefined;
  /** Milliseconds between looks whether it is due, and at such pools, at most; a minute unless given. */
  readonly interval?: number | undefined;
}

const minute = 60_000;
const usualAt = 6 * 60;
const spread = 10;

/** Makes the job that tells the operator the daily digest. Any number may run, in any processes: one at a time works. */
export function createDigestJob({
  database,
  settings: { at = usualAt + Math.random() * spread, patience = 15 * minute, interval = minute } = {},
  ...options
}: Omit<DigestDeps, 'at' | 'patience' | 'logger'> & {
  readonly database: Database;
  readonly logger: Logger;
  readonly settings: DigestSettings | undefined;
}): WorkLoop {
  const logger = options.logger.child({ part: 'job', job: 'digest' });
  const deps = { ...options, logger, at: at * minute, patience };
  const tellWhenDue = createDigestTeller(deps);
  return createWorkLoop({
    work: async () => {
      await asOnlyRunner(database, 'digest', tellWhenDue);
      return Math.min(interval, untilNextDay(deps.clock.now(), deps.at));
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'the digest could not be told; trying again');
    },
    onRecovery: () => {
      logger.info('the digest can be told again');
    },
    longestPause: interval,
  });
}
