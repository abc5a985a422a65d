import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const tsc = require.resolve('typescript/bin/tsc');

/** The text of the package's README. */
export const readme = readFileSync(join(folder, 'README.md'), 'utf8');

/** The examples of the README, one program. */
export const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)]
  .map(([, code]) => code ?? '')
  .join('\n');

/** A project outside the workspace that has installed the package as it would be published. */
export interface Consumer {
  readonly folder: string;
  /** What the package holds, as paths within it. */
  readonly packed: readonly string[];
}

/** Builds the package into a new folder under the system's temporary one, packs it and installs the archive. */
export function installPacked(): Consumer {
  const temporary = mkdtempSync(join(tmpdir(), 'iso15118-package-'));
  const built = join(temporary, 'built');
  runNode(
    folder,
    tsc,
    '-p',
    'tsconfig.build.json',
    '--emitDeclarationOnly',
    'false',
    '--outDir',
    join(built, 'dist'),
  );
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(join(folder, file), join(built, file));
  // Sources must not get in, though they lie beside what is packed.
  cpSync(join(folder, 'src', 'index.ts'), join(built, 'src', 'index.ts'));
  const [archive] = JSON.parse(npm(built, 'pack', '--json', '--pack-destination', temporary)) as [
    { filename: string; files: { path: string }[] },
  ];

  const consumer = join(temporary, 'consumer');
  const modules = join(consumer, 'node_modules');
  mkdirSync(join(modules, '@chargegraph'), { recursive: true });
  mkdirSync(join(modules, '@types'));
  execFileSync('tar', ['-xzf', join(temporary, archive.filename), '-C', join(modules, '@chargegraph')]);
  cpSync(join(modules, '@chargegraph', 'package'), join(modules, '@chargegraph', 'iso15118'), {
    recursive: true,
  });
  symlinkSync(packageFolder('saxes'), join(modules, 'saxes'), 'junction');
  symlinkSync(packageFolder('@types/node'), join(modules, '@types', 'node'), 'junction');
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }));
  return { folder: consumer, packed: archive.files.map(({ path }) => path) };
}

/** Compiles a program in the consumer, with the types of the package, and gives what it prints. */
export function compileAndRun({ folder: consumer }: Consumer, code: string): string {
  writeFileSync(join(consumer, 'program.ts'), code);
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2023',
    lib: ['ES2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  runNode(consumer, tsc, '-p', 'tsconfig.json');
  return runNode(consumer, 'program.js');
}

/** Something that the package exports. */
export interface Export {
  readonly name: string;
  /** The docstring of its declaration, in one line; empty when it has none. */
  readonly docstring: string;
}

/** What the installed package exports, by its types. */
export function exportsOf({ folder: consumer }: Consumer): readonly Export[] {
  const entry = join(consumer, 'node_modules/@chargegraph/iso15118/dist/index.d.ts');
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error('the package has no types');
  return checker.getExportsOfModule(module).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    const docstring = ts.displayPartsToString(target.getDocumentationComment(checker));
    return { name: symbol.name, docstring: docstring.replaceAll(/\s+/g, ' ').trim() };
  });
}

/** The folder of a package that this one has installed. */
function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function runNode(cwd: string, ...args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, {
      cwd,
      encoding: 'utf8',
      env: plainEnvironment(),
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
}

/** Without the options that let our own tests find sources instead of what was built. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  return environment;
}
