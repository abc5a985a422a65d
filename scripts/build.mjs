/**
 * Builds every package into its `dist/`: JavaScript that plain Node runs, without types but for iso15118, which other
 * projects install. Types are checked by `pnpm typecheck`.
 *
 * With `--quick`, as the tests run it for the processes they start: only what changed since, and no types.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const packages = [
  ...['packages', 'subgraphs'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  ),
  'gateway',
  'cli',
];
const quick = process.argv.includes('--quick');
const forTests = /\.(test|fixture)\.ts$/;

const changedAt = statSync(import.meta.filename).mtimeMs;

/** Whether the target was written by this very script from the source as it is: it has been given its time. */
function isCurrent(source, target) {
  const written = statSync(target, { throwIfNoEntry: false });
  return (
    written !== undefined &&
    Math.abs(written.mtimeMs - statSync(source).mtimeMs) < 2 &&
    written.ctimeMs > changedAt
  );
}

/** Writes a file whole or not at all, for another process may be about to read it, with its source's time. */
function write(target, text, source) {
  const draft = `${target}.${process.pid}`;
  const { atime, mtime } = statSync(source);
  writeFileSync(draft, text);
  utimesSync(draft, atime, mtime);
  renameSync(draft, target);
}

/** Loaded when there is something to compile, since that takes longer than to see that there is not. */
let typescript;
const load = createRequire(import.meta.url);

/** Strips types and points relative imports at the JavaScript files. */
function transpile(source, target) {
  if (quick && isCurrent(source, target)) return;
  const ts = (typescript ??= load('typescript'));
  const { outputText, diagnostics } = ts.transpileModule(readFileSync(source, 'utf8'), {
    fileName: source,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  if (diagnostics !== undefined && diagnostics.length > 0) {
    console.error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
    process.exit(1);
  }
  mkdirSync(dirname(target), { recursive: true });
  write(target, outputText, source);
}

function buildFolder(from, to) {
  if (!existsSync(from)) return;
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const relative = source.slice(from.length + 1);
    if (relative.endsWith('.js') || forTests.test(relative) || relative.startsWith('testing/')) continue;
    const target = join(to, relative);
    if (relative.endsWith('.ts')) transpile(source, target.replace(/\.ts$/, '.js'));
    else if (relative.endsWith('.sql')) {
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(source, target);
    }
  }
}

for (const name of packages) {
  const folder = join(root, name);
  if (!quick) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  buildFolder(join(folder, 'src'), join(folder, 'dist'));
  // Imported from dist/ by the same relative path as from src/.
  buildFolder(join(folder, 'generated'), join(folder, 'generated'));
}

if (quick) process.exit();
const types = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'packages/iso15118/tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(types.status ?? 1);
