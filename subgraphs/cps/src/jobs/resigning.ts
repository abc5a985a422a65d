import { asOnlyRunner, type Database } from '@chargegraph/database';
import { createWorkLoop, type Logger, type WorkLoop } from '@chargegraph/service';
import { resignDue, type ResigningDeps } from '../domain/resign-pass.ts';

const longestPause = 5 * 60_000;

/** Signs contracts anew whose signer ends, for as long as the service runs; woken when a signer was retired. */
export type ResigningJob = WorkLoop;

/**
 * Makes the job. Any number may run, in any processes: an advisory lock lets one at a time work. Faults are logged and
 * what they kept from being done is tried again.
 *
 * @param options.pollInterval milliseconds between looks when nobody wakes it
 */
export function createResigningJob(
  options: Omit<ResigningDeps, 'logger'> & {
    readonly database: Database;
    readonly logger: Logger;
    readonly pollInterval: number;
  },
): ResigningJob {
  const { database, pollInterval } = options;
  const logger = options.logger.child({ part: 'resigning' });
  const deps = { ...options, logger };
  return createWorkLoop({
    work: async (goesOn) => {
      await asOnlyRunner(database, 'resigning', (stillAlone) =>
        resignDue(deps, async () => goesOn() && (await stillAlone())),
      );
      return pollInterval;
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'contracts could not be signed anew; trying again');
    },
    onRecovery: () => {
      logger.info('contracts are signed anew again');
    },
    longestPause: Math.min(pollInterval, longestPause),
  });
}
