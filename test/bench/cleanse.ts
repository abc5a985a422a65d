/**
 * What cleansing a contract pool costs whoever works with it: the resident memory of its process with few and with many
 * contracts, and a reader's 99th percentile in that process while it is cleansed against the same reader's in between.
 * `--few` and `--many` say how many contracts (10,000 and 1,000,000).
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ccpMigrations } from '@chargegraph/ccp';
import { createDatabase, migrate, startEmbeddedPostgres } from '@chargegraph/database';
import { silentLogger as logger } from '@chargegraph/service';
import { temporaryFolder } from '../harness/folders.ts';
import { seed } from './cleanse/seed.ts';

const { values } = parseArgs({
  options: {
    few: { type: 'string', default: '10000' },
    many: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
  },
});

interface Measured {
  readonly checked: number;
  readonly refreshed: number;
  readonly deleted: number;
  readonly failures: number;
  readonly seconds: number;
  readonly residentMiB: number;
  readonly idleP50: number;
  readonly idleP99: number;
  readonly busyP50: number;
  readonly busyP99: number;
}

const run = promisify(execFile);
const say = (text: string) => (values.json ? undefined : process.stdout.write(`${text}\n`));

async function measure(contracts: number): Promise<Measured> {
  const folder = await temporaryFolder();
  const postgres = await startEmbeddedPostgres({ folder: join(folder.path, 'postgres'), logger });
  const target = { url: postgres.url, schema: 'ccp', logger };
  try {
    await migrate({ ...target, folder: ccpMigrations });
    const database = createDatabase(target);
    await seed(database, contracts, new Date());
    await database.close();
    const file = join(import.meta.dirname, 'cleanse', 'measure.ts');
    const from = ['--conditions=chargegraph-source', '--import', 'tsx'];
    const { stdout } = await run(process.execPath, [...from, file, postgres.url], {
      env: { ...process.env, NODE_ENV: 'production' },
    });
    return JSON.parse(stdout) as Measured;
  } finally {
    await postgres.stop();
    await folder.remove();
  }
}

function describe(contracts: number, measured: Measured): void {
  const { deleted, failures, seconds, residentMiB, idleP99, busyP99 } = measured;
  say(
    `${String(contracts)} contracts: ${String(deleted)} deleted in ${seconds.toFixed(1)} s, ${String(failures)} failures`,
  );
  say(`  resident memory      ${residentMiB.toFixed(0)} MiB`);
  say(`  a reader's p99       ${idleP99.toFixed(1)} ms idle, ${busyP99.toFixed(1)} ms while it is cleansed`);
}

const [few, many] = [Number(values.few), Number(values.many)];
const small = await measure(few);
describe(few, small);
const large = await measure(many);
describe(many, large);
const result = {
  few: { contracts: few, ...small },
  many: { contracts: many, ...large },
  moreMemoryMiB: large.residentMiB - small.residentMiB,
  p99Ratio: large.busyP99 / large.idleP99,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
say(
  `more memory with ${String(many)} than with ${String(few)}: ${result.moreMemoryMiB.toFixed(0)} MiB (64 at most)`,
);
say(`p99 while it is cleansed / idle: ${result.p99Ratio.toFixed(2)} (2 at most)`);
