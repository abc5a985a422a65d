import type { Doors } from '@chargegraph/cli';
import type { ContractWriter } from '../harness/contract-writer.ts';
import { endOfLog } from '../harness/events.ts';
import { readWholeLog } from '../harness/verdict.ts';
import { eventually, pause } from '../harness/wait.ts';
import type { ConsumerPlan } from './consumer.ts';
import { startConsumers, type Consumers } from './consumers.ts';
import type { Outcome, Standing } from './consumers.process.ts';

/** A gateway that is drained while many consumers of one client are connected to it. */
export interface MoveOptions {
  /** Doors of the two gateways; the first is drained. */
  readonly urls: readonly [string, string];
  /** Tells the first gateway to stop, and resolves when it has. */
  readonly drain: () => Promise<void>;
  /** The consumers' client's. */
  readonly token: string;
  readonly operator: Doors;
  /** Writes events all the while. */
  readonly writer: ContractWriter;
  /** EMAIDs of the contracts that are written about. */
  readonly emaids: readonly string[];
  /** How many consumers, each of which wants one contract's events. */
  readonly consumers: number;
  /** How many more that keep their cursor with us. */
  readonly named: number;
  /** Called with what happens. */
  readonly say?: (line: string) => void;
}

/** What came of it. */
export interface Moved {
  readonly standing: Standing;
  readonly outcome: Outcome;
  /** Events that the log held in the end. */
  readonly logged: number;
  /** Milliseconds from the word to stop until all were let in at the other gateway. */
  readonly took: number;
}

const patience = 120_000;

/** Connects the consumers, drains their gateway while events are written, and compares what they had with the log. */
export async function moveConsumers(options: MoveOptions): Promise<Moved> {
  const { urls, token, operator, emaids, named } = options;
  const total = options.consumers + named;
  const emaidOf = (n: number) => emaids[n % emaids.length] ?? '';
  const plans: ConsumerPlan[] = [
    ...Array.from({ length: options.consumers }, (_, n) => ({ emaid: emaidOf(n) })),
    ...Array.from({ length: named }, (_, n) => ({ emaid: emaidOf(n), consumer: `moved-${String(n)}` })),
  ];
  const start = await endOfLog(operator);
  const consumers = startConsumers(plans, { urls, token, after: start });
  try {
    return await move({ ...options, say: options.say ?? (() => undefined) }, { consumers, total, start });
  } finally {
    await consumers.stop();
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

async function move(
  { drain, operator, writer, emaids, say }: Required<MoveOptions>,
  { consumers, total, start }: { consumers: Consumers; total: number; start: string },
): Promise<Moved> {
  const reach = (what: string, is: (standing: Standing) => boolean) =>
    eventually(
      what,
      () => {
        const standing = consumers.standing();
        return standing !== undefined && is(standing);
      },
      patience,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(consumers.standing())}`, { cause: error });
    });
  await reach('all are connected', ({ caughtUp, open }) => caughtUp >= total && sum(open) >= total);
  say(`${total} consumers are connected: ${JSON.stringify(consumers.standing())}`);
  const enough = new AbortController();
  const written = (async () => {
    while (!enough.signal.aborted) await writer.write(emaids.length);
  })();
  await eventually('events are written', () => writer.count() >= emaids.length);
  const began = performance.now();
  const drained = drain();
  await reach('all are let in at the other gateway', ({ open }) => (open[1] ?? 0) >= total).finally(() => {
    enough.abort();
  });
  const took = performance.now() - began;
  say(`all are let in at the other gateway after ${(took / 1_000).toFixed(1)} s`);
  await drained;
  await written;
  // The last word is everybody's to hear.
  await writer.write(emaids.length);
  await eventually('all is logged', async () => {
    const log = await readWholeLog(operator, start);
    return log.filter(({ type }) => type.startsWith('OEM_')).length >= writer.count();
  });
  const log = (await readWholeLog(operator, start)).filter(({ type }) => type.startsWith('OEM_'));
  const end = Date.now() + 30_000;
  let outcome = await consumers.judge(log);
  while (outcome.lost > 0 && Date.now() < end) {
    await pause(250);
    outcome = await consumers.judge(log);
  }
  const standing = consumers.standing();
  if (standing === undefined) throw new Error('The consumers said nothing.');
  return { standing, outcome, logged: log.length, took };
}
