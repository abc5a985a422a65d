import { asOnlyRunner, type Database } from '@chargegraph/database';
import { createWorkLoop, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';
import { logTopic, parseEvent, type LogPosition } from './event.ts';
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
  /** Called at once with the place of each event that is heard of; undefined for a message that names none. */
  readonly onEvent?: ((position: LogPosition | undefined) => void) | undefined;
  /** Whether an event of this type is a reason to step at once; every one is unless given. */
  readonly concerns?: ((type: string) => boolean) | undefined;
  /**
   * Carries out some of what follows the cursor and moves it; true when more may follow at once.
   *
   * @param goesOn false once the consumer is to end: then a long step ends early
   */
  readonly step: (goesOn: () => boolean) => Promise<boolean>;
}

/** Carries out what follows from another pool's log. */
export interface Consumer {
  /** Begins; waits for nobody. */
  start(): void;
  /** Ends after the step at hand. */
  stop(): Promise<void>;
}

/**
 * Makes a consumer. Any number may run of the same name, in any processes: a lock of the database lets one at a time
 * step. Errors are logged and tried again: the other pool may be away for as long as it likes.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { database, name, bus, step } = options;
  const logger = options.logger.child({ part: 'consumer', consumer: name });
  let isFailing = false;
  let unsubscribe: (() => Promise<void>) | undefined;
  const loop = createWorkLoop({
    work: async (goesOn) => {
      while (goesOn() && (await asOnlyRunner(database, `consumer ${name}`, () => step(goesOn))) === true);
      return options.pollInterval ?? 500;
    },
    onFailure: (error) => {
      // Said once: another pool that is away is no news every time.
      if (!isFailing) logger.warn({ err: error }, 'the consumer cannot go on; trying again');
      isFailing = true;
    },
    onRecovery: () => {
      logger.info('the consumer goes on');
      isFailing = false;
    },
  });

  return {
    start: () => {
      const heard = (message: string) => {
        const event = parseEvent(message);
        options.onEvent?.(event && { logId: event.logId, position: event.position });
        if (event === undefined || options.concerns?.(event.type) !== false) loop.wake();
      };
      unsubscribe ??= keepSubscribed(bus, logTopic(options.follows), heard, loop.wake, logger);
      loop.start();
    },
    stop: async () => {
      await unsubscribe?.();
      await loop.stop();
    },
  };
}
