/**
 * Builds every package into its `dist/`: JavaScript that plain Node runs, without types but for iso15118, which other
 * projects install. Types are checked by `pnpm typecheck`.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const packages = [
  ...['packages', 'subgraphs'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  ),
  'gateway',
  'cli',
];
const forTests = /\.(test|fixture)\.ts$/;

/** Strips types and points relative imports at the JavaScript files. */
function transpile(source, target) {
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
  writeFileSync(target, outputText);
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
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  buildFolder(join(folder, 'src'), join(folder, 'dist'));
  // Imported from dist/ by the same relative path as from src/.
  buildFolder(join(folder, 'generated'), join(folder, 'generated'));
}

const types = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'packages/iso15118/tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(types.status ?? 1);
