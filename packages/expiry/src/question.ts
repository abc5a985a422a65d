import { ChargeGraphError } from '@chargegraph/service';

/** As of when, and how far ahead, ends are counted. */
export interface ExpiryQuestion {
  readonly now: Date;
  readonly within: readonly { /** Milliseconds. */ readonly duration: number; readonly until: Date }[];
}

const mostDurations = 10;

/**
 * Makes a question of the durations that were asked for, in their order.
 *
 * @param durations milliseconds, as the scalar `Duration` lets through
 * @throws ChargeGraphError BAD_INPUT for more than ten
 */
export function expiryQuestion(durations: readonly number[], now: Date): ExpiryQuestion {
  if (durations.length > mostDurations) {
    throw new ChargeGraphError('BAD_INPUT', `At most ${String(mostDurations)} durations can be asked for.`, {
      path: ['within'],
    });
  }
  return {
    now,
    within: durations.map((duration) => ({ duration, until: new Date(now.getTime() + duration) })),
  };
}
