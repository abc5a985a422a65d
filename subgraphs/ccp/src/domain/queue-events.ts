import type { LogHead, LogPosition } from '@chargegraph/events';
import type { Clock } from '@chargegraph/service';
import type { Stretch } from './event-consumer.ts';

/** The telling of what waits, within one unit. */
export interface QueueingTransaction {
  /** See `moveConsumerCursor`. */
  moveCursor(from: LogPosition | undefined, to: LogPosition): Promise<boolean>;
  /**
   * Tells of the events in a stretch of the log that wait for a car maker that has a consumer which is not behind them yet,
   * and none that is connected.
   */
  tellQueued(stretch: Stretch, now: Date): Promise<void>;
}

/** Where it is kept how far the log was looked through. */
export interface QueueingStore {
  cursor(): Promise<LogPosition | undefined>;
  head(): Promise<LogHead>;
  /** Forgets what was told of events that are no longer kept; so many at most. */
  forget(limit: number): Promise<number>;
  /** Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict. */
  transaction<T>(work: (tx: QueueingTransaction) => Promise<T>): Promise<T>;
}

/** What telling takes. */
export interface Queueing {
  readonly store: QueueingStore;
  readonly clock: Clock;
  /** Positions of one unit of work; 500 unless given. */
  readonly stretch?: number;
}

const forgottenAtOnce = 1_000;

/**
 * Looks through the next stretch of the pool's own log for events that wait for a car maker. What was logged before it
 * looked for the first time is not told. A log that got a new id after a restore is the same table with the same
 * positions, so it goes on where it was.
 *
 * @returns whether more may follow at once
 */
export async function queueEvents({ store, clock, stretch = 500 }: Queueing): Promise<boolean> {
  const [from, head] = [await store.cursor(), await store.head()];
  if (from === undefined) {
    await store.transaction((tx) => tx.moveCursor(undefined, head));
    return false;
  }
  const after = Math.min(from.position, head.position);
  const to = Math.min(head.position, after + stretch);
  if (to === from.position && head.logId === from.logId) return false;
  await store.transaction(async (tx) => {
    // Somebody else was there.
    if (!(await tx.moveCursor(from, { logId: head.logId, position: to }))) return;
    if (to > after) await tx.tellQueued({ after, to }, clock.now());
  });
  return to < head.position;
}

/** Forgets what was told of events that are no longer kept. */
export async function forgetDeliveries({ store }: Queueing, goesOn: () => boolean): Promise<void> {
  while (goesOn() && (await store.forget(forgottenAtOnce)) === forgottenAtOnce);
}
