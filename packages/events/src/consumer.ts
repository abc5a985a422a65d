import type { Database } from '@chargegraph/database';
import { backoff, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';
import { logTopic } from './event.ts';
import { keepSubscribed } from './retrying.ts';

/** What an internal consumer needs. */
export interface ConsumerOptions {
  /** Its name, of which its cursor and its lock are kept. */
  readonly name: string;
  /** The consumer's own database. */
  readonly database: Database;
  /** The pool whose log it follows, as in the bus's topics. */
  readonly follows: string;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Milliseconds between looks at the log when the bus is silent; 500 unless given. */
  readonly pollInterval?: number | undefined;
  /** Carries out some of what follows the cursor and moves it; true when more may follow at once. */
  readonly step: () => Promise<boolean>;
}

/** Carries out what follows from another pool's log. */
export interface Consumer {
  /** Begins; waits for nobody. */
  start(): void;
  /** Ends after the step at hand. */
  stop(): Promise<void>;
}

const longestPause = 5_000;

/**
 * Makes a consumer. Any number may run of the same name, in any processes: a lock of the database lets one at a time
 * step. Errors are logged and tried again: the other pool may be away for as long as it likes.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { database, name, bus } = options;
  const pollInterval = options.pollInterval ?? 500;
  const logger = options.logger.child({ part: 'consumer', consumer: name });
  let running = false;
  let woken = false;
  let endPause: (() => void) | undefined;
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;

  const wake = (): void => {
    woken = true;
    endPause?.();
  };

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

  async function drain(): Promise<void> {
    while (running && (await withLock(database, name, options.step)) === true);
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (running) {
      woken = false;
      let rest = pollInterval;
      try {
        await drain();
        if (failures > 0) logger.info('the consumer goes on');
        failures = 0;
      } catch (error) {
        // Said once: another pool that is away is no news every time.
        if (failures === 0) logger.warn({ err: error }, 'the consumer cannot go on; trying again');
        woken = false;
        rest = backoff(failures++, longestPause);
      }
      await pause(rest);
    }
  }

  return {
    start: () => {
      if (running) return;
      running = true;
      unsubscribe = keepSubscribed(bus, logTopic(options.follows), wake, wake, logger);
      loop = run();
    },
    stop: async () => {
      running = false;
      endPause?.();
      await unsubscribe?.();
      await loop;
    },
  };
}

/** Runs `work` while no other process does, on a connection that holds the lock; undefined when another one does. */
async function withLock<T>(database: Database, name: string, work: () => Promise<T>): Promise<T | undefined> {
  const key = [`chargegraph consumer ${database.schema} ${name}`];
  const client = await database.pool.connect();
  let broken = true;
  try {
    const { rows } = await client.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held',
      key,
    );
    if (rows[0]?.held !== true) {
      broken = false;
      return undefined;
    }
    try {
      return await work();
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', key);
      broken = false;
    }
  } finally {
    // A connection that could not give the lock back gives it back by ending.
    client.release(broken);
  }
}
