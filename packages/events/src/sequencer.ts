import type { Database } from '@chargegraph/database';
import { createWorkLoop, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';
import { logTopic, serialiseEvent, wakeTopic, type LoggedEvent } from './event.ts';
import { hasWork, moveBatch } from './move-batch.ts';
import { keepSubscribed } from './retrying.ts';

/** What a sequencer needs. */
export interface SequencerOptions {
  readonly database: Database;
  /** The pool whose events these are, as it stands in the bus's topics: `rcp`, `pcp`, `cps` or `ccp`. */
  readonly pool: string;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Milliseconds between looks at the outbox when nobody wakes it; 1,000 unless given. */
  readonly pollInterval?: number;
}

/** Moves a pool's committed events from the outbox into the log and publishes them. */
export interface Sequencer {
  /** Begins; does not wait for the database or the bus, which may come later. */
  start(): void;
  /** Ends after the batch at hand. */
  stop(): Promise<void>;
  /** Says that a transaction with events was committed. Cheap; may be called at any time. */
  readonly wake: () => void;
}

const batchSize = 500;
/** How soon to look again after another sequencer was found at work, which may just have missed our row. */
const busyPause = 25;

/**
 * Makes a pool's sequencer. Any number may run for the same pool, in any processes: an advisory lock lets one at
 * a time move a batch. Errors are logged and tried again; they never reach the caller.
 */
export function createSequencer(options: SequencerOptions): Sequencer {
  const { database, pool, bus } = options;
  const pollInterval = options.pollInterval ?? 1_000;
  const logger = options.logger.child({ part: 'sequencer', pool });
  let unsubscribe: (() => Promise<void>) | undefined;
  let busFailed = false;

  function publish(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      // Not awaited: a bus that is away must not hold up the log.
      bus.publish(logTopic(pool), serialiseEvent(event)).then(
        () => {
          busFailed = false;
        },
        (error: unknown) => {
          if (!busFailed) logger.warn({ err: error }, 'logged events cannot be published; readers will poll');
          busFailed = true;
        },
      );
    }
  }

  /** Moves all there is; returns how long to rest. */
  async function drain(goesOn: () => boolean): Promise<number> {
    const [look] = await database.query<{ work: boolean }>(hasWork);
    if (look?.work !== true) return pollInterval;
    for (;;) {
      const outcome = await database.transaction((tx) => moveBatch(tx, database.schema, batchSize));
      if (outcome.kind === 'busy') return Math.min(busyPause, pollInterval);
      publish(outcome.events);
      if (outcome.taken < batchSize || !goesOn()) return pollInterval;
    }
  }

  const loop = createWorkLoop({
    work: drain,
    onFailure: (error) => {
      logger.error({ err: error }, 'moving events to the log failed; trying again');
    },
    onRecovery: () => {
      logger.info('events are moved to the log again');
    },
  });

  return {
    start: () => {
      if (unsubscribe !== undefined) return;
      unsubscribe = keepSubscribed(bus, wakeTopic(pool), loop.wake, loop.wake, logger);
      loop.start();
    },
    stop: async () => {
      const ended = loop.stop();
      await unsubscribe?.();
      await ended;
      unsubscribe = undefined;
    },
    wake: loop.wake,
  };
}
