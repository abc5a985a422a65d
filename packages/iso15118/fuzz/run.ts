import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runFuzz } from './fuzz.ts';
import { createTargets } from './targets.ts';

const USAGE = 'fuzz [--count 1000000] [--seed N] [--from 0]';
const MAX_SEED = 0x7fff_ffff;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function integer(text: string, name: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    process.stderr.write(`--${name} must be a whole number\nUsage: ${USAGE}\n`);
    process.exit(2);
  }
  return value;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(randomInt(MAX_SEED)) },
    from: { type: 'string', default: '0' },
  },
});
const count = integer(values.count, 'count');
const seed = integer(values.seed, 'seed');
const from = integer(values.from, 'from');

say(`seed ${seed}, ${count} inputs from number ${from}`);
let shown = performance.now();
const result = runFuzz(createTargets(seed), { seed, from, count }, (done) => {
  if (performance.now() - shown < 5000) return;
  shown = performance.now();
  say(`  ${done} inputs`);
});

let inputs = 0;
for (const [name, row] of result.targets) {
  inputs += row.inputs;
  say(
    `${name.padEnd(24)} ${String(row.inputs).padStart(9)} inputs, ${row.accepted} accepted, slowest ${row.slowest.toFixed(1)} ms`,
  );
}
say(
  `${inputs} inputs in ${result.seconds.toFixed(1)} s, ${(inputs / result.seconds).toFixed(0)} per second, ` +
    `at most ${(result.memory / 1024 / 1024).toFixed(0)} MiB of memory`,
);
if (result.fault !== undefined) {
  const { index, target, octets, what } = result.fault;
  const text = what instanceof Error ? (what.stack ?? what.message) : String(what);
  say(`FAULT in ${target}, input ${index}: ${text}`);
  say(`again: --seed ${seed} --from ${index} --count 1`);
  say(`octets: ${Buffer.from(octets).toString('base64')}`);
  process.exitCode = 1;
}
