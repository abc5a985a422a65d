import type { WaitOptions } from './revocation-types.ts';

/** The longest that a timer can wait. */
const longestTimer = 2 ** 31 - 1;

/** Milliseconds. */
const longestReserve = 2_000;

/**
 * One signal for what a caller waits by; undefined if it waits as long as it takes. A fifth of the time until a
 * deadline is kept, two seconds at most: a request that was let pass has something left to do.
 */
export function signalOf({ deadline, signal }: WaitOptions): AbortSignal | undefined {
  if (deadline === undefined) return signal;
  const left = Math.max(0, deadline - Date.now());
  const wait = Math.min(Math.floor(left - Math.min(left / 5, longestReserve)), longestTimer);
  const timer = AbortSignal.timeout(wait);
  return signal === undefined ? timer : AbortSignal.any([signal, timer]);
}

/** The outcome of `work`, undefined once `signal` is aborted; the work goes on. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return await work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => {
      resolve(undefined);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
