/**
 * How many cars are given their contract in a second by one gateway, over OPCP's REST door as a charge point operator uses it:
 * everything in one process, and with each pool in a process of its own, behind HTTP. Compiled processes on a PostgreSQL of
 * the benchmark's own, the operator in yet another process. Each as a share of the P-256 verifications that one processor does
 * in a second, measured in the same run: a request needs at least one.
 *
 * By the clock, an installation has what PostgreSQL, the pools and the operator leave of the machine; by the gateway
 * process's own processor time the number is what a processor of its own would do.
 *
 * `--contracts 1000,1000000` says how many there are, `--cars 1000` how many different cars ask, `--lanes 16` over how many
 * connections, `--seconds 10` for how long each measurement runs, `--only 'one process'` or `'HTTP subgraphs'` leaves
 * the other out, `--profile <folder>` has profiles written there and summed up by package, `--quick` is for seeing that it runs, `--json` prints JSON.
 */
import { mkdir } from 'node:fs/promises';
import { loadavg, cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, verificationsPerSecond, type Measured, type MeasuredRun } from './installation/measure.ts';
import { startSetting } from './installation/setting.ts';

const { values } = parseArgs({
  options: {
    contracts: { type: 'string' },
    cars: { type: 'string' },
    lanes: { type: 'string', default: '16' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    profile: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const sizes = (values.contracts ?? (values.quick ? '100,2000' : '1000,1000000')).split(',').map(Number);
const cars = Number(values.cars ?? (values.quick ? 100 : 1_000));
const [lanes, seconds] = [Number(values.lanes), Number(values.seconds ?? (values.quick ? 2 : 10))];
if (![...sizes, cars, lanes, seconds].every((n) => Number.isFinite(n) && n > 0)) {
  process.stderr.write(
    'Use: pnpm bench installation [--contracts 1000,1000000] [--cars 1000] [--lanes 16] [--seconds 10] [--only "one process"] [--profile <folder>] [--quick] [--json]\n',
  );
  process.exit(2);
}
const profiles = values.profile === undefined ? undefined : resolve(values.profile);
if (profiles !== undefined) await mkdir(profiles, { recursive: true });

type Mode = 'one process' | 'HTTP subgraphs';

interface Row extends Measured {
  readonly contracts: number;
  readonly mode: Mode;
  /** In a second of the gateway process's processor time. */
  readonly perProcessorSecond: number;
  /** P-256 verifications of one processor in a second, right before and after. */
  readonly verifications: number;
  /** As a share of these: by the clock, and by processor time. */
  readonly share: number;
  readonly processorShare: number;
}

const say = (line: string) => (values.json ? undefined : process.stdout.write(`${line}\n`));
const cell = (value: number | string, width: number) => String(value).padStart(width);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const load = loadavg()[0] ?? NaN;
say(
  `${cpus().length} processors, ${lanes} connections, ${cars} cars that ask; load before: ${load.toFixed(2)}`,
);
say(
  '  contracts  mode            cars       each second     p50 ms   p99 ms    share  gateway µs  a processor s    share  other processes µs',
);

const verifications: number[] = [];
const rows: Row[] = [];
const parts: Record<string, MeasuredRun['profiles']> = {};

async function measureMode(
  contracts: number,
  mode: Mode,
  ...[running, setting]: [Parameters<typeof measure>[0], Parameters<typeof measure>[1]]
): Promise<void> {
  // Right before and after: a machine that others use too is not as fast all the time.
  const before = verificationsPerSecond();
  const run = await measure(running, setting, { seconds, lanes, profiled: profiles !== undefined });
  const verified = (before + verificationsPerSecond()) / 2;
  verifications.push(verified);
  for (const measured of run.measured) {
    const { gateway = NaN, ...others } = measured.microseconds;
    const perProcessorSecond = 1_000_000 / gateway;
    const row: Row = {
      ...{ contracts, mode, ...measured, perProcessorSecond, verifications: verified },
      share: measured.perSecond / verified,
      processorShare: perProcessorSecond / verified,
    };
    rows.push(row);
    const beside = Object.entries(others).filter(([, each]) => each > 0);
    say(
      `${cell(contracts, 11)}  ${mode.padEnd(14)}  ${row.cars.padEnd(5)}${cell(row.perSecond.toFixed(0), 17)}` +
        `${cell(row.p50.toFixed(1), 11)}${cell(row.p99.toFixed(1), 9)}${cell(percent(row.share), 9)}` +
        `${cell(gateway, 12)}${cell(perProcessorSecond.toFixed(0), 15)}${cell(percent(row.processorShare), 9)}` +
        `  ${beside.map(([name, each]) => `${name} ${each}`).join(', ')}`,
    );
  }
  for (const [process, each] of Object.entries(run.profiles)) {
    parts[`${contracts} ${mode} ${process}`] = { [process]: each };
    say(`  where the processor time of ${mode === 'one process' ? 'the process' : process} goes:`);
    for (const { name, share } of each.filter((part) => part.share >= 0.01))
      say(`    ${cell(percent(share), 7)}  ${name}`);
  }
}

for (const contracts of sizes) {
  const setting = await startSetting({ contracts, cars: Math.min(cars, contracts), profiles });
  try {
    if (values.only !== 'one process')
      await measureMode(contracts, 'HTTP subgraphs', setting.distributed, setting);
    if (values.only !== 'HTTP subgraphs')
      await measureMode(contracts, 'one process', await setting.startOneProcess(), setting);
  } finally {
    await setting.clear();
  }
}

const verified = median(verifications);
say(`\nP-256 verifications a second of one processor: ${verified.toFixed(0)}`);
const [few, many] = [sizes[0], sizes[sizes.length - 1]];
const ratios: Record<string, number> = {};
if (few !== many) {
  for (const mode of ['one process', 'HTTP subgraphs'] as const) {
    const of = (contracts: number | undefined) =>
      rows.find((row) => row.contracts === contracts && row.mode === mode && row.cars === 'known');
    const [fewer, more] = [of(few), of(many)];
    if (fewer === undefined || more === undefined) continue;
    const ratio = more.processorShare / fewer.processorShare;
    ratios[mode] = +ratio.toFixed(2);
    say(`${mode}: ${many} contracts by ${few}, as shares by processor time: ${ratio.toFixed(2)}`);
  }
}
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ load, verifications: verified, rows, ratios, profiles: parts })}\n`,
  );
process.exit();
