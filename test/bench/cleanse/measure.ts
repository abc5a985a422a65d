/**
 * A process of the contract pool that reads at a steady rate and is cleansed meanwhile, every other few seconds: what else
 * the machine does is then the same for both. `measure.ts <database url>` prints what it measured as JSON.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createCcp, createCcpCleansing } from '@chargegraph/ccp';
import { usualPace } from '@chargegraph/cleansing';
import { createDatabase } from '@chargegraph/database';
import { createInProcessBus } from '@chargegraph/events';
import { createGraphClient } from '@chargegraph/graph';
import { normaliseRoles, type Caller } from '@chargegraph/identity';
import { createRevocationChecker } from '@chargegraph/pki';
import { createRevocation } from '@chargegraph/revocation';
import { silentLogger as logger, systemClock as clock } from '@chargegraph/service';

const [databaseUrl = ''] = process.argv.slice(2);
const checker = createRevocationChecker({ clock, logger });
const database = createDatabase({ url: databaseUrl, schema: 'ccp', logger });
const revocation = createRevocation({ database, checker, policy: 'soft', clock, logger });
const ccp = createCcp({
  databaseUrl,
  bus: createInProcessBus(),
  clock,
  logger,
  revocation: { checker, policy: 'soft' },
  graph: createGraphClient(() => Promise.reject(new Error('Nobody else is there.'))),
  followRoots: false,
  followInterval: 3_600_000,
});

/** Milliseconds of cleansing, then of none. */
const phase = 3_000;
/** At the beginning of each, what was begun in the other comes to its end. */
const between = 300;
let isBusy = false;
let changedAt = performance.now();
let goOn: () => void = () => undefined;
let mayGoOn: Promise<void> = Promise.resolve();

function change(toBusy: boolean): void {
  isBusy = toBusy;
  changedAt = performance.now();
  if (toBusy) goOn();
  else mayGoOn = new Promise((resolve) => (goOn = resolve));
}

const cleansing = createCcpCleansing({
  ...{ database, revocation, clock, logger },
  onEvent: () => undefined,
  pace: {
    rest: async (took) => {
      await usualPace.rest(took);
      await mayGoOn;
    },
  },
});

const caller: Caller = {
  clientId: 'bench',
  organisation: 'bench',
  roles: normaliseRoles(['OPERATOR']),
  wmis: new Set(),
  providerIds: new Set(),
};
const emaids = await database.query<{ emaid: string }>(
  'SELECT emaid FROM contract WHERE ends_at > now() ORDER BY emaid_key LIMIT 1000',
);
const query =
  'query ($emaid: EMAID!) { contract(emaid: $emaid) { emaid pcid isDefault createdAt updatedAt } }';

let reads = 0;
async function read(): Promise<void> {
  const { emaid } = emaids[(reads++ * 7919) % emaids.length] ?? { emaid: '' };
  const { data, errors } = await ccp.execute({
    query,
    variables: { emaid },
    context: { caller, traceId: 'bench', deadline: Date.now() + 30_000, hops: 0 },
  });
  if (data?.['contract'] === undefined || errors !== undefined) throw new Error(JSON.stringify(errors));
}

/** Milliseconds from when a read was due to its answer. */
const took: { idle: number[]; busy: number[] } = { idle: [], busy: [] };

/** A hundred reads in a second, until `until` is done. */
async function readUntil(until: Promise<unknown>): Promise<void> {
  const waiting = new Set<Promise<void>>();
  const state = { isDone: false };
  const done = until.finally(() => (state.isDone = true));
  for (let due = performance.now(); !state.isDone; due += 10) {
    await delay(Math.max(0, due - performance.now()));
    const [began, since] = [due, changedAt];
    const reading = read().then(() => {
      waiting.delete(reading);
      if (changedAt !== since || began < since + between) return;
      took[isBusy ? 'busy' : 'idle'].push(performance.now() - began);
    });
    waiting.add(reading);
  }
  await Promise.all(waiting);
  await done;
}

const percentile = (values: number[], share: number) =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

let resident = 0;
const look = () => (resident = Math.max(resident, process.memoryUsage.rss()));

await ccp.start();
// Memory and code are then as they are in a process that has worked for a while, however long the run takes.
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (let count = 0; count < 2_000; count++) await read();
  }),
);
await readUntil(delay(3_000));
took.idle.length = 0;
const watching = setInterval(look, 20);
let seconds = 0;
const run = cleansing.run();
const state = { isOver: false };
const over = run.finally(() => (state.isOver = true));
const alternating = (async () => {
  while (!state.isOver) {
    for (const toBusy of [true, false]) {
      change(toBusy);
      const began = performance.now();
      await (toBusy ? Promise.race([delay(phase), over]) : delay(phase));
      if (toBusy) seconds += (performance.now() - began) / 1_000;
    }
  }
})();
await readUntil(alternating);
clearInterval(watching);
const outcome = await run;
if (outcome.outcome !== 'DONE') throw new Error(outcome.outcome);
const { checked, refreshed, expired, revoked, deleted, failures } = outcome.report;
process.stdout.write(
  JSON.stringify({
    ...{ checked, refreshed, expired, revoked, deleted, failures },
    seconds,
    residentMiB: resident / 2 ** 20,
    reads: { idle: took.idle.length, busy: took.busy.length },
    ...{ idleP50: percentile(took.idle, 0.5), idleP99: percentile(took.idle, 0.99) },
    ...{ busyP50: percentile(took.busy, 0.5), busyP99: percentile(took.busy, 0.99) },
  }),
);
await ccp.stop();
checker.close();
await database.close();
