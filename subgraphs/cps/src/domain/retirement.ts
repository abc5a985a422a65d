import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Retirement } from './signer.ts';

const longestReason = 500;

/**
 * The retirement of something as of now.
 *
 * @throws ChargeGraphError BAD_INPUT for a reason that says nothing or too much
 */
export function retirementBecauseOf(reason: string, clock: Clock): Retirement {
  const trimmed = reason.trim();
  if (trimmed === '' || trimmed.length > longestReason || trimmed.includes('\u0000')) {
    throw new ChargeGraphError('BAD_INPUT', `Give a reason of 1 to ${String(longestReason)} characters.`, {
      path: ['reason'],
    });
  }
  return { at: clock.now(), reason: trimmed };
}
