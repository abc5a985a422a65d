/**
 * Sends generated requests to the REST door for long: `pnpm fuzz:rest [requests] [seed] [from]`, 100,000 requests of a new
 * seed from the first one on unless given. What it prints of a fault names seed and request, so that
 * `pnpm fuzz:rest 1 <seed> <request>` sends that one again, with the names of that run's cars and contracts.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

const [requests = '100000', seed = String(Date.now() % 1_000_000), from = '0'] = process.argv.slice(2);
for (const [name, text] of Object.entries({ requests, seed, from })) {
  if (!/^\d+$/.test(text)) {
    console.error(`${name} must be a whole number`);
    process.exit(1);
  }
}
const { status } = spawnSync(
  process.execPath,
  [
    join(import.meta.dirname, 'bootstrap.mjs'),
    'vitest',
    'run',
    'test/rest-compatibility',
    '--disable-console-intercept',
    '-t',
    'generated requests',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      // The other tests are left out, and may be.
      ISO15118_VECTORS: undefined,
      CHARGEGRAPH_FUZZ_REQUESTS: requests,
      CHARGEGRAPH_FUZZ_SEED: seed,
      CHARGEGRAPH_FUZZ_FROM: from,
    },
  },
);
process.exit(status ?? 1);
