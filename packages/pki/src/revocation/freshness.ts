import { NoVerdict } from './no-verdict.ts';

/** How long answers hold, in milliseconds. */
export interface Lifetimes {
  /** Of an answer without `nextUpdate`. */
  readonly withoutNextUpdate: number;
  /** At most. */
  readonly longest: number;
}

/** How far two clocks may be apart, in milliseconds. */
export const clockSkew = 5 * 60_000;

/** An answer that is just ending is not asked for again and again. */
const shortest = 30_000;

/** The period that an answer names. */
export interface Period {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
}

/**
 * Until when an answer holds that is looked at `now`.
 *
 * @param oldest the greatest age of an answer without `nextUpdate`, in milliseconds
 * @throws NoVerdict for an answer that ended, has not begun or makes no sense
 */
export function holdsUntil(period: Period, now: Date, lifetimes: Lifetimes, oldest: number): Date {
  const [at, from] = [now.getTime(), period.thisUpdate.getTime()];
  const until = period.nextUpdate?.getTime();
  if (Number.isNaN(from) || Number.isNaN(until ?? 0))
    throw new NoVerdict('gave an answer whose dates cannot be read');
  if (from > at + clockSkew) throw new NoVerdict('gave an answer from the future');
  if (until === undefined) {
    if (from + oldest + clockSkew < at) throw new NoVerdict('gave an answer that is too old');
    return new Date(at + lifetimes.withoutNextUpdate);
  }
  if (until < from) throw new NoVerdict('gave an answer that ends before it begins');
  if (until + clockSkew < at) throw new NoVerdict('gave an answer that has expired');
  return new Date(Math.min(Math.max(until, at + shortest), at + lifetimes.longest));
}
