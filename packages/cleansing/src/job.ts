import type { Database } from '@chargegraph/database';
import { createWorkLoop, type Clock, type Logger, type WorkLoop } from '@chargegraph/service';
import type { Cleansing, CleansingDeps } from './cleansing.ts';
import type { Schedule } from './schedule.ts';
import { createCleansingState } from './state.ts';

/** What {@link createCleansingJob} is made of. */
export interface CleansingJobOptions {
  readonly cleansing: Cleansing;
  readonly schedule: Schedule;
  /** The pool's. */
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to 1, anew for each run; the machine's chance unless given. */
  readonly random?: () => number;
}

const minute = 60_000;

/** A run begins so many milliseconds after its time at most. */
const longestJitter = 10 * minute;

/** Timers stand still while a machine sleeps: the clock is looked at this often at least. */
const longestRest = 5 * minute;

/** While another process is at it, this is when to look again. */
const otherAtIt = minute;

/**
 * Makes the job that cleanses a pool at the times of a schedule, some minutes later by chance so that not everything
 * happens at once. Any number of processes may have it: for each time one runs. A time at which none was up is made up for
 * by the next one that starts. Its report is logged; faults are logged and what they kept from being done is tried again.
 */
export function createCleansingJob(options: CleansingJobOptions): WorkLoop {
  const { cleansing, schedule, database, clock, random = Math.random } = options;
  const logger = options.logger.child({ part: 'job', job: 'cleansing' });
  const state = createCleansingState(database);
  const stopping = new AbortController();
  let startedAt: Date | undefined;
  let jitter = random() * longestJitter;

  /** When the next run begins, by what was done up to now; undefined for never. */
  const dueAt = async (now: Date): Promise<number | undefined> => {
    const time = schedule.next(await state.lastRunAt(now))?.getTime();
    startedAt ??= now;
    // What is made up for waits as well: many processes may have been started together.
    return time === undefined ? undefined : Math.max(time, startedAt.getTime()) + jitter;
  };
  const rest = (due: number | undefined, now: Date): number =>
    due === undefined ? longestRest : Math.min(longestRest, Math.max(0, due - now.getTime()));

  const loop = createWorkLoop({
    work: async () => {
      const now = clock.now();
      const due = await dueAt(now);
      if (due === undefined || due > now.getTime()) return rest(due, now);
      const done = await cleansing.run({
        signal: stopping.signal,
        // Another one may have been quicker.
        onlyIf: async () => ((await dueAt(clock.now())) ?? Infinity) <= clock.now().getTime(),
      });
      if (done.outcome === 'BUSY') return otherAtIt;
      if (done.outcome === 'DONE') logger.info(done.report, 'the pool was cleansed');
      if (done.outcome === 'STOPPED') logger.info('cleansing was broken off; the next run goes on');
      jitter = random() * longestJitter;
      return rest(await dueAt(clock.now()), clock.now());
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'the pool could not be cleansed; trying again');
    },
    onRecovery: () => {
      logger.info('cleansing goes on');
    },
    longestPause: longestRest,
  });
  return {
    ...loop,
    stop: async () => {
      stopping.abort();
      await loop.stop();
    },
  };
}

/** A pool's job, if there is a schedule. */
export function cleansingJobs(
  schedule: Schedule | undefined,
  create: (deps: CleansingDeps) => Cleansing,
  deps: CleansingDeps,
): readonly WorkLoop[] {
  return schedule === undefined ? [] : [createCleansingJob({ ...deps, schedule, cleansing: create(deps) })];
}
