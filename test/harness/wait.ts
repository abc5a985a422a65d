import { setTimeout as delay } from 'node:timers/promises';

/** Waits so many milliseconds. */
export const pause = async (milliseconds: number): Promise<void> => {
  await delay(milliseconds);
};

/**
 * Asks again until the answer is there.
 *
 * @param probe undefined and false mean not yet
 * @throws Error naming `what` after `patience` milliseconds
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  patience = 15_000,
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`This did not happen within ${patience} ms: ${what}`);
    await delay(25);
  }
}

/** The promise's value, or an error that names `what` when it takes longer than `patience` milliseconds. */
export async function within<T>(what: string, patience: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`This did not happen within ${patience} ms: ${what}`));
    }, patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
