/**
 * Runs a benchmark from source: `node scripts/bench.mjs <name> [arguments]`. A benchmark is a file
 * `bench/<name>.ts` of a package; what several of them share lies in folders beside these files. Without a name it
 * lists what there is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const folders = [
  ...['packages', 'subgraphs'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  ),
  'gateway',
  'cli',
  'test',
].map((folder) => join(root, folder, 'bench'));

const benchmarks = new Map(
  folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [basename(file, '.ts'), file]),
);

const [name = '', ...args] = process.argv.slice(2);
const file = benchmarks.get(name);
if (file === undefined) {
  if (name !== '') console.error(`There is no benchmark ${name}.`);
  console.error(`Use: pnpm bench ${[...benchmarks.keys()].sort().join('|')} [arguments]`);
  process.exit(1);
}
const { status, error } = spawnSync(
  process.execPath,
  [...process.execArgv, '--conditions=chargegraph-source', '--import', 'tsx', file, ...args],
  { cwd: root, stdio: 'inherit' },
);
if (error !== undefined) throw error;
process.exit(status ?? 1);
