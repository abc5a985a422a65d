import type { Database } from '@chargegraph/database';
import type { Logger } from '@chargegraph/service';
import { resignDue, type ResigningDeps } from '../domain/resign-pass.ts';

/** Signs contracts anew whose signer ends, for as long as the service runs. */
export interface ResigningJob {
  /** Begins; waits for nobody. */
  start(): void;
  /** Ends after the contract at hand. */
  stop(): Promise<void>;
  /** Says that a signer was retired. Cheap; may be called at any time. */
  readonly wake: () => void;
}

const longestPause = 5 * 60_000;

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
  let running = false;
  let woken = false;
  let loop: Promise<void> = Promise.resolve();
  let endPause: (() => void) | undefined;

  async function pause(milliseconds: number): Promise<void> {
    if (!running || woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endPause = undefined;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (running) {
      woken = false;
      let rest = pollInterval;
      try {
        await asOnlyRunner(database, (stillAlone) =>
          resignDue(deps, async () => running && (await stillAlone())),
        );
        failures = 0;
      } catch (error) {
        logger.warn({ err: error }, 'contracts could not be signed anew; trying again');
        rest = Math.min(pollInterval, longestPause, 1_000 * 2 ** Math.min(failures++, 20));
      }
      await pause(rest);
    }
  }

  return {
    start: () => {
      if (running) return;
      running = true;
      loop = run();
    },
    stop: async () => {
      running = false;
      endPause?.();
      await loop;
    },
    wake: () => {
      woken = true;
      endPause?.();
    },
  };
}

/**
 * Runs `work` unless somebody else is at it. Other pools are asked meanwhile, so no transaction is open: the lock is
 * its connection's, and gone when that is lost.
 */
async function asOnlyRunner(
  database: Database,
  work: (stillAlone: () => Promise<boolean>) => Promise<void>,
): Promise<void> {
  const connection = await database.pool.connect();
  const ask = async (sql: string) => {
    const { rows } = await connection.query<{ held: boolean }>(sql, [
      `chargegraph resigning ${database.schema}`,
    ]);
    return rows[0]?.held === true;
  };
  try {
    if (await ask('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held')) {
      await work(() => ask('SELECT $1::text IS NOT NULL AS held'));
      await ask('SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS held');
    }
    connection.release();
  } catch (error) {
    // Closing the connection lets go of the lock too.
    connection.release(true);
    throw error;
  }
}
