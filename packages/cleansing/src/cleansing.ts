import { setTimeout as delay } from 'node:timers/promises';
import { asOnlyRunner, type Database } from '@chargegraph/database';
import type { Revocation } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import { newTally, type CleansedPool, type CleansingReport } from './report.ts';
import { RunStopped, type Pace, type Run, type Step } from './run.ts';
import { createCleansingState } from './state.ts';

/** How a run is asked for. */
export interface RunOptions {
  /** Asks nobody and writes nothing: says what a run would find by what is known. */
  readonly dryRun?: boolean | undefined;
  /** Ends the run after the batch at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Asked once it is certain that nobody else is at it: nothing is done unless it says so. */
  readonly onlyIf?: (() => Promise<boolean>) | undefined;
}

/** What came of it: BUSY when another process is at it, NOT_WANTED when `onlyIf` says no, STOPPED by the signal. */
export type RunOutcome =
  | { readonly outcome: 'DONE'; readonly report: CleansingReport }
  | { readonly outcome: 'BUSY' | 'NOT_WANTED' | 'STOPPED' };

/** A pool's cleansing. */
export interface Cleansing {
  readonly pool: CleansedPool;
  /**
   * Goes through the pool once. One run at a time works, of all processes; a dry run needs to wait for none. Wherever it
   * is broken off the next one goes on.
   */
  run(options?: RunOptions): Promise<RunOutcome>;
}

/** What every pool's cleansing takes. */
export interface CleansingMeans {
  /** The pool's, with the tables of `cleansing.sql`. */
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly revocation: Revocation;
  /** See there for what it is unless given. */
  readonly pace?: Partial<Pace> | undefined;
}

/** The same in a pool that tells of what it deletes. */
export interface CleansingDeps extends CleansingMeans {
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}

/** What {@link createCleansing} is made of. */
export interface CleansingOptions extends CleansingMeans {
  readonly pool: CleansedPool;
  /** What is done, in this order. */
  readonly steps: readonly Step[];
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** Statuses that nobody renewed for so long are of certificates that nobody uses. */
const keptFor = 30 * day;

/** {@link Revocation.prune}'s own limit. */
const prunedAtOnce = 10_000;

/** A pace at which those who work with the pool do not notice. */
export const usualPace: Pace = {
  batchSize: 50,
  pageSize: 500,
  refreshTime: 60 * minute,
  parallel: 8,
  // Three times as long as was worked, so the more there is to do for others, the longer.
  rest: async (took) => {
    await delay(Math.min(2_000, Math.max(20, 3 * took)));
  },
};

/** The lock's name in each pool's database. */
const lockName = 'cleansing';

/** Makes a pool's cleansing of its steps. */
export function createCleansing(options: CleansingOptions): Cleansing {
  const { pool, database, clock, revocation, steps } = options;
  const logger = options.logger.child({ part: 'cleansing' });
  const pace = { ...usualPace, ...options.pace };
  const state = createCleansingState(database);

  const goThrough = async (
    dryRun: boolean,
    signal: AbortSignal,
    stillAlone: () => Promise<boolean>,
  ): Promise<CleansingReport> => {
    const [startedAt, tally] = [clock.now(), newTally()];
    const goOn = async (): Promise<void> => {
      if (signal.aborted || !(await stillAlone())) throw new RunStopped();
    };
    const run: Run = {
      ...{ dryRun, startedAt, clock, logger, database, revocation, state },
      ...{ tally, pace, goOn, signal },
    };
    for (const step of [...steps, pruneStatuses]) await step(run);
    if (!dryRun) await state.ranAt(startedAt);
    return { pool, dryRun, ...tally, startedAt, finishedAt: clock.now() };
  };

  return {
    pool,
    run: async ({ dryRun = false, signal = new AbortController().signal, onlyIf } = {}) => {
      const work = async (stillAlone: () => Promise<boolean>): Promise<RunOutcome> => {
        if (onlyIf !== undefined && !(await onlyIf())) return { outcome: 'NOT_WANTED' };
        try {
          return { outcome: 'DONE', report: await goThrough(dryRun, signal, stillAlone) };
        } catch (error) {
          if (error instanceof RunStopped) return { outcome: 'STOPPED' };
          throw error;
        }
      };
      if (dryRun) return await work(() => Promise.resolve(true));
      return (await asOnlyRunner(database, lockName, work)) ?? { outcome: 'BUSY' };
    },
  };
}

/** Forgets what was found out about certificates long ago. */
async function pruneStatuses({ dryRun, revocation, clock, goOn, pace }: Run): Promise<void> {
  if (dryRun) return;
  const before = new Date(clock.now().getTime() - keptFor);
  for (let pruned = prunedAtOnce; pruned >= prunedAtOnce;) {
    await goOn();
    const began = performance.now();
    pruned = await revocation.prune(before);
    await pace.rest(performance.now() - began);
  }
}
