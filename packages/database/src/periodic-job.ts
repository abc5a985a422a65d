import { createWorkLoop, type Logger, type WorkLoop } from '@chargegraph/service';
import { asOnlyRunner } from './only-runner.ts';
import type { Database } from './unit-of-work.ts';

/** How a job is done. */
export interface PeriodicJob {
  /** Its name, of which its lock is kept. */
  readonly name: string;
  readonly database: Database;
  readonly logger: Logger;
  /** Milliseconds from one time to the next, more or less. */
  readonly interval: number;
  /** Does it; asks before each step whether it may go on, and ends when it may not. */
  readonly work: (mayGoOn: () => Promise<boolean>) => Promise<void>;
}

const longestPause = 5 * 60_000;

/**
 * Makes a job that is done at the start and then again and again. Any number may run of the same name, in any processes:
 * one at a time works. Faults are logged, and what they kept from being done is tried again.
 */
export function createPeriodicJob({ name, database, interval, work, ...options }: PeriodicJob): WorkLoop {
  const logger = options.logger.child({ part: 'job', job: name });
  return createWorkLoop({
    work: async (goesOn) => {
      await asOnlyRunner(database, name, (stillAlone) => work(async () => goesOn() && (await stillAlone())));
      // Processes that were started together do not stay together.
      return interval * (0.9 + Math.random() / 5);
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'a job could not be done; trying again');
    },
    onRecovery: () => {
      logger.info('a job that could not be done goes on');
    },
    longestPause: Math.min(interval, longestPause),
  });
}
