import { ConfigurationError } from '@chargegraph/service';
import { Cron } from 'croner';

/** When cleansing is due. */
export interface Schedule {
  /** The first time of the schedule behind an instant; undefined when there is none any more. */
  next(after: Date): Date | undefined;
}

/** Once a night. */
export const nightly = '17 2 * * *';

/**
 * Reads a cron expression of five fields (minute, hour, day, month, weekday), in UTC; undefined for `off`.
 *
 * @throws ConfigurationError for anything else, and for what never comes
 */
export function readSchedule(text: string): Schedule | undefined {
  const pattern = text.trim();
  if (pattern === 'off') return undefined;
  const cron = parse(pattern);
  if (cron?.nextRun() == null) {
    throw new ConfigurationError(
      `"${pattern}" is no time to cleanse at: use off, or minute, hour, day, month and weekday in UTC, as in "${nightly}".`,
    );
  }
  return { next: (after) => cron.nextRun(after) ?? undefined };
}

function parse(pattern: string): Cron | undefined {
  // Anything else may be the single instant that the library takes too.
  if (pattern.split(/\s+/).length !== 5) return undefined;
  try {
    return new Cron(pattern, { timezone: 'UTC', mode: '5-part', paused: true });
  } catch {
    return undefined;
  }
}
