/** How a {@link WorkLoop} works. */
export interface WorkLoopOptions {
  /**
   * Does what there is to do and says how many milliseconds to rest until the next look.
   *
   * @param goesOn false once the loop is to end: then work in batches ends after the batch at hand
   */
  readonly work: (goesOn: () => boolean) => Promise<number>;
  /** Called with each error of `work`, which is tried again after a pause. */
  readonly onFailure: (error: unknown) => void;
  /** Called when `work` succeeds after it had failed. */
  readonly onRecovery: () => void;
  /** The longest pause before another try, in milliseconds; 5,000 unless given. */
  readonly longestPause?: number;
}

/** Something that is done again and again in the background: when it is called for, and by itself after a rest. */
export interface WorkLoop {
  /** Begins. */
  start(): void;
  /** Ends after the batch at hand. */
  stop(): Promise<void>;
  /** Ends the rest. Cheap; may be called at any time; a call while work is done makes it look once more. */
  readonly wake: () => void;
}

/** The pause before the next try after `failures` failed ones in a row: doubling from 50 ms, with jitter. */
export function backoff(failures: number, most: number): number {
  return Math.min(most, 50 * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
}

/** Makes a loop that is at rest. Errors never reach whoever starts, wakes or stops it. */
export function createWorkLoop({
  work,
  onFailure,
  onRecovery,
  longestPause = 5_000,
}: WorkLoopOptions): WorkLoop {
  let running = false;
  let loop: Promise<void> = Promise.resolve();
  let woken = false;
  let endPause: (() => void) | undefined;

  /** Rests, unless there was a call for work since it was last taken up. */
  async function pause(milliseconds: number): Promise<void> {
    if (!running || woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endPause = undefined;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (running) {
      woken = false;
      let rest: number;
      try {
        rest = await work(() => running);
        if (failures > 0) onRecovery();
        failures = 0;
      } catch (error) {
        onFailure(error);
        woken = false;
        rest = backoff(failures++, longestPause);
      }
      await pause(rest);
    }
  }

  return {
    start: () => {
      if (running) return;
      running = true;
      loop = run();
    },
    stop: async () => {
      running = false;
      endPause?.();
      await loop;
    },
    wake: () => {
      woken = true;
      endPause?.();
    },
  };
}
