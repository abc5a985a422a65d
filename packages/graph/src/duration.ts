import { Temporal } from 'temporal-polyfill';
import { ChargeGraphError } from '@chargegraph/service';

const day = 86_400_000;
const dayInWeek = 7;
/** 100 years of the Gregorian calendar's mean length: as far as a search of ends needs to look. */
const longestDays = 36_525;

const refuse = (rule: string) => new ChargeGraphError('BAD_INPUT', rule);

/**
 * Reads an ISO 8601 duration of fixed length: weeks, days, hours, minutes and seconds, together or alone, e.g. `P30D`.
 * A day has 24 hours. Fractions of the smallest part are taken to the millisecond.
 *
 * @returns milliseconds, 1 or more
 * @throws ChargeGraphError BAD_INPUT with the rule that it breaks: form, years or months, 0 or negative, over 36525 days
 */
export function readDuration(text: string): number {
  let duration: Temporal.Duration;
  try {
    duration = Temporal.Duration.from(text);
  } catch {
    throw refuse('must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, e.g. P30D');
  }
  const { years, months, weeks, days } = duration;
  if (years !== 0 || months !== 0) {
    throw refuse('must not have years or months, whose length is not fixed; P365D is 365 days');
  }
  const time = duration.with({ years: 0, months: 0, weeks: 0, days: 0 }).total('milliseconds');
  const milliseconds = Math.trunc((weeks * dayInWeek + days) * day + time);
  if (milliseconds < 1) throw refuse('must be longer than 0');
  if (milliseconds > longestDays * day) throw refuse(`must be at most ${String(longestDays)} days`);
  return milliseconds;
}

/** When something ends that a list is narrowed to: after the one instant, and at or before the other. */
export interface EndWindow {
  readonly after: Date;
  readonly until: Date;
}

/**
 * What `expiringWithin` means: that the end lies between now and so many milliseconds later, so that what has ended
 * already is not meant.
 *
 * @returns undefined when it was not asked for
 */
export function endingWithin(milliseconds: number | null | undefined, now: Date): EndWindow | undefined {
  if (milliseconds == null) return undefined;
  return { after: now, until: new Date(now.getTime() + milliseconds) };
}

/** Writes milliseconds as {@link readDuration} reads them: days, and what is left in seconds, e.g. `P30D`. */
export function showDuration(milliseconds: number): string {
  const days = Math.floor(milliseconds / day);
  const seconds = (milliseconds % day) / 1_000;
  return `P${days === 0 ? '' : `${String(days)}D`}${seconds === 0 && days > 0 ? '' : `T${String(seconds)}S`}`;
}
