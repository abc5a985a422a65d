/** Work that is done again and again. */
export interface Repetition {
  /** What runs is finished, and nothing begun any more. */
  stop(): void;
}

/**
 * Does `work` every so many milliseconds, never twice at the same time, without keeping the process alive. `work` must
 * not throw.
 */
export function repeatedly(milliseconds: number, work: () => Promise<void>): Repetition {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    void work().finally(() => {
      running = false;
    });
  }, milliseconds).unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
