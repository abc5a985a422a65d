/**
 * Runs a command of the workspace after installing and generating what is missing, so that a fresh clone needs
 * nothing but Node and npm:
 *
 *   node scripts/bootstrap.mjs chargegraph <arguments>   the chargegraph command, from source
 *   node scripts/bootstrap.mjs vitest <arguments>        the tests
 *   node scripts/bootstrap.mjs --force-generate          generated code only
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname ?? '', '..');
const pnpm = 'pnpm@12.21.0';
const [command, ...args] = process.argv.slice(2);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`ChargeGraph needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

/** Runs a program in the workspace; a failure ends this one with its exit code. */
function run(program, programArgs, stdio = 'inherit') {
  const result = spawnSync(program, programArgs, { cwd: root, stdio, shell: process.platform === 'win32' });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** A digest of files and folders, so that work is done again only when its sources have changed. */
function digest(paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    hash.update(path);
    hash.update(readFileSync(full));
  };
  for (const path of paths) {
    if (path.endsWith('/')) {
      const folder = join(root, path);
      if (!existsSync(folder)) continue;
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
      for (const file of files.sort()) add(file.slice(root.length + 1));
    } else {
      add(path);
    }
  }
  return hash.digest('hex');
}

/** Does `work` unless it was last done for the same sources. */
function unlessDone(stampName, sources, stillThere, work) {
  const stamp = join(root, 'node_modules', `.chargegraph-${stampName}`);
  const wanted = digest(sources);
  if (stillThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  work();
  writeFileSync(stamp, wanted);
}

const quiet = ['ignore', 2, 2];
unlessDone(
  'installed',
  ['pnpm-lock.yaml', 'pnpm-workspace.yaml'],
  existsSync(join(root, 'node_modules', '.pnpm')),
  () => {
    console.error('Installing…');
    run('npx', ['-y', pnpm, 'install', '--frozen-lockfile'], quiet);
  },
);

const pools = ['rcp', 'pcp', 'ccp', 'cps', 'identity'];
const generatedSources = [
  'schema/',
  'pnpm-lock.yaml',
  'scripts/generate.ts',
  'packages/trust/src/operations/',
  'gateway/src/operations/',
  'gateway/browser/',
  'gateway/src/pages/examples/',
  'scripts/pages.ts',
  ...pools.flatMap((pool) => [
    `prisma/${pool}/schema.prisma`,
    `subgraphs/${pool}/src/operations/`,
    `subgraphs/${pool}/src/resolvers/mappers.ts`,
  ]),
];
// The clients are read and written in SQL alone.
const lastOf = (pool) => (pool === 'identity' ? 'resolvers.ts' : 'prisma');
const generated =
  existsSync(join(root, 'gateway', 'generated', 'pages', 'graphiql.html')) &&
  ['packages/trust', 'gateway'].every((folder) =>
    existsSync(join(root, folder, 'generated', 'operations.ts')),
  ) &&
  pools.every((pool) => existsSync(join(root, 'subgraphs', pool, 'generated', lastOf(pool))));
unlessDone('generated', generatedSources, generated && command !== '--force-generate', () => {
  console.error('Generating…');
  run(process.execPath, ['--import', 'tsx', 'scripts/generate.ts'], quiet);
});

if (command === 'chargegraph') {
  // In this very process' place: signals reach the command as they would reach it alone.
  const { spawn } = await import('node:child_process');
  const child = spawn(
    process.execPath,
    ['--conditions=chargegraph-source', '--import', 'tsx', join(root, 'cli', 'src', 'main.ts'), ...args],
    { stdio: 'inherit' },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
} else if (command === 'vitest') {
  run(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args]);
} else if (command !== '--force-generate') {
  console.error('Use: bootstrap.mjs chargegraph|vitest <arguments>');
  process.exit(1);
}
