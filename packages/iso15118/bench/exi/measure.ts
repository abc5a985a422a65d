/** Something to be timed. */
export interface Operation {
  readonly name: string;
  /** Does it so many times, over different inputs, and gives a number that depends on all results. */
  readonly run: (times: number) => number;
}

/** How often an operation can be done in a second of the processor's time, each figure the median of the rounds. */
export interface Measurement {
  readonly perSecond: number;
  /** A multiple of the yardstick's rate in the same round; for the yardstick itself 1. */
  readonly ratio: number;
  /** The least and the greatest ratio of a round. */
  readonly spread: readonly [number, number];
}

/** What {@link measure} finds. */
export interface Measurements {
  readonly yardstick: Measurement;
  /** In the order of the operations. */
  readonly operations: readonly Measurement[];
}

export const ROUNDS = 5;
/** Of an operation and of the yardstick beside it, in every round. */
const SLICES = 8;
const SLICE_MILLISECONDS = 12;
const WARM_UP_MILLISECONDS = 400;

/** Looks at the time within a slice. */
const BATCHES = 4;

/** Kept, so that no result can be left out as unused. */
let sink = 0;

/**
 * Times the operations in one thread, by the processor's time and not the clock's, so that other programs count as
 * little as may be; collecting the garbage counts. In each round every operation takes turns with the yardstick, a few
 * milliseconds each, and is compared with the yardstick of these very turns: what slows the machine down slows both.
 */
export function measure(yardstick: Operation, operations: readonly Operation[]): Measurements {
  const one = warmUp(yardstick);
  const others = operations.map(warmUp);
  const rounds = Array.from({ length: ROUNDS }, () => others.map((other) => takeTurns(one, other)));
  if (Number.isNaN(sink)) throw new Error('an operation gave no number');
  return {
    yardstick: { perSecond: median(rounds.flat().map((pair) => pair.yardstick)), ratio: 1, spread: [1, 1] },
    operations: operations.map((_, index) => {
      const pairs = rounds.map((round) => round[index] ?? { yardstick: 1, operation: 0 });
      const ratios = pairs.map((pair) => pair.operation / pair.yardstick);
      return {
        perSecond: median(pairs.map((pair) => pair.operation)),
        ratio: median(ratios),
        spread: [Math.min(...ratios), Math.max(...ratios)],
      };
    }),
  };
}

interface Timed {
  readonly run: Operation['run'];
  /** How many times it is done between two looks at the time. */
  readonly batch: number;
}

/** Runs an operation until it is compiled, and finds out how long it takes. */
function warmUp({ run }: Operation): Timed {
  const start = processorTime();
  let times = 0;
  let elapsed = 0;
  while (elapsed < WARM_UP_MILLISECONDS) {
    sink += run(16);
    times += 16;
    elapsed = processorTime() - start;
  }
  return { run, batch: Math.max(1, Math.round((times / elapsed) * (SLICE_MILLISECONDS / BATCHES))) };
}

/** The rates of both, in times per second. */
function takeTurns(one: Timed, other: Timed): { readonly yardstick: number; readonly operation: number } {
  const yardstick = { times: 0, elapsed: 0 };
  const operation = { times: 0, elapsed: 0 };
  for (let slice = 0; slice < SLICES; slice++) {
    runSlice(one, yardstick);
    runSlice(other, operation);
  }
  return {
    yardstick: (yardstick.times / yardstick.elapsed) * 1000,
    operation: (operation.times / operation.elapsed) * 1000,
  };
}

function runSlice({ run, batch }: Timed, total: { times: number; elapsed: number }): void {
  const start = processorTime();
  let elapsed = 0;
  while (elapsed < SLICE_MILLISECONDS) {
    sink += run(batch);
    total.times += batch;
    elapsed = processorTime() - start;
  }
  total.elapsed += elapsed;
}

/** Milliseconds that the processor has worked for this process, its garbage collector and compiler included. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >>> 1] ?? 0;
}
