import { hostileInput } from './mutate.ts';
import { Random, seedOf } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** What a run found. */
export interface FuzzResult {
  /** Inputs per target, how many of them were accepted, and the slowest in milliseconds of processor time. */
  readonly targets: ReadonlyMap<string, { inputs: number; accepted: number; slowest: number }>;
  readonly seconds: number;
  /** The greatest resident set seen, in octets. */
  readonly memory: number;
  /** The first input that broke a promise; undefined when none did. */
  readonly fault: FuzzFault | undefined;
}

/** An input that broke a promise. */
export interface FuzzFault {
  /** Give it to `--from`, with the same seed and `--count 1`, and it comes again. */
  readonly index: number;
  readonly target: string;
  readonly octets: Uint8Array;
  readonly what: unknown;
}

/** No input takes longer, by far. It is processor time: a busy machine must not look like a fault. */
const MAX_MILLISECONDS = 1000;
const MAX_MEMORY = 1024 * 1024 * 1024;
const MEMORY_EVERY = 4096;

/** Gives `count` inputs to the targets, from the input numbered `from` on, until one breaks a promise. */
export function runFuzz(
  targets: readonly FuzzTarget[],
  { seed, from, count }: { readonly seed: number; readonly from: number; readonly count: number },
  onProgress: (done: number) => void = () => undefined,
): FuzzResult {
  const statistics = new Map(targets.map(({ name }) => [name, { inputs: 0, accepted: 0, slowest: 0 }]));
  const wheel = targets.flatMap((target) => Array.from({ length: target.share }, () => target));
  const begin = performance.now();
  let memory = 0;
  let fault: FuzzFault | undefined;
  for (let index = from; index < from + count && fault === undefined; index++) {
    const random = new Random(seedOf(seed, index));
    const target = random.pick(wheel);
    const octets = hostileInput(random, target.corpus);
    const row = statistics.get(target.name) ?? { inputs: 0, accepted: 0, slowest: 0 };
    const start = process.cpuUsage();
    try {
      if (target.read(octets)) row.accepted++;
    } catch (what) {
      fault = { index, target: target.name, octets, what };
    }
    const spent = process.cpuUsage(start);
    const milliseconds = (spent.user + spent.system) / 1000;
    row.inputs++;
    row.slowest = Math.max(row.slowest, milliseconds);
    if (milliseconds > MAX_MILLISECONDS) {
      fault ??= { index, target: target.name, octets, what: `took ${milliseconds.toFixed(0)} ms` };
    }
    if (index % MEMORY_EVERY === 0) {
      memory = Math.max(memory, process.memoryUsage.rss());
      if (memory > MAX_MEMORY) {
        fault ??= { index, target: target.name, octets, what: `memory grew to ${String(memory)} octets` };
      }
      onProgress(index - from);
    }
  }
  return { targets: statistics, seconds: (performance.now() - begin) / 1000, memory, fault };
}
