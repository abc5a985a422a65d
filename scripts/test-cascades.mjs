/**
 * Runs test/cascades for long: `pnpm test:cascades [kills] [seed]`, 500 kills and a new seed unless given. What it prints
 * of a failure names the seed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

const [kills = '500', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
for (const [name, text] of Object.entries({ kills, seed })) {
  if (!/^\d+$/.test(text)) {
    console.error(`${name} must be a whole number`);
    process.exit(1);
  }
}
const { status } = spawnSync(
  process.execPath,
  [join(import.meta.dirname, 'bootstrap.mjs'), 'vitest', 'run', 'test/cascades'],
  {
    stdio: 'inherit',
    env: { ...process.env, CHARGEGRAPH_CASCADE_KILLS: kills, CHARGEGRAPH_CASCADE_SEED: seed },
  },
);
process.exit(status ?? 1);
