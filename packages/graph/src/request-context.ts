import { ChargeGraphError } from '@chargegraph/service';
import type { Caller } from '@chargegraph/identity';

/** What goes along with an operation through gateway, subgraphs and the calls between them. */
export interface RequestContext {
  /** For whom. */
  readonly caller: Caller;
  /** Found in every log line and error answer of the request. */
  readonly traceId: string;
  /** Milliseconds since the epoch after which nobody waits for the answer any more; inherited by inner calls. */
  readonly deadline: number;
  /** How many calls across pools led here; see {@link maxHops}. */
  readonly hops: number;
}

/** A call across pools that would be deeper than this is a loop. */
export const maxHops = 4;

/** How long an operation may take when the caller set no earlier deadline, in milliseconds. */
export const defaultDeadlineMs = 15_000;

const tooLate = () =>
  new ChargeGraphError('DEADLINE_EXCEEDED', 'The operation took too long and was given up.');

/**
 * Waits for `work` no longer than until the deadline: a database that hangs must not hang the caller. What was begun
 * is not undone; whether it takes effect is as open as after a lost connection.
 *
 * @throws ChargeGraphError DEADLINE_EXCEEDED
 */
export async function withinDeadline<T>(work: Promise<T>, deadline: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(tooLate());
      },
      Math.max(0, deadline - Date.now()),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Refuses an operation that nobody waits for any more, or that pools pass around in a circle.
 *
 * @throws ChargeGraphError DEADLINE_EXCEEDED or LIMIT_EXCEEDED
 */
export function checkRequestLimits(context: RequestContext): void {
  if (Date.now() > context.deadline) {
    throw tooLate();
  }
  if (context.hops > maxHops) {
    throw new ChargeGraphError('LIMIT_EXCEEDED', `Pools called each other more than ${maxHops} deep.`);
  }
}
