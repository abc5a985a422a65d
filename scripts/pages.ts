import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Metafile } from 'esbuild';

const root = join(import.meta.dirname, '..');
const browser = join(root, 'gateway', 'browser');
const target = join(root, 'gateway', 'generated', 'pages');
const assets = join(target, 'assets');

const options = {
  absWorkingDir: join(root, 'gateway'),
  bundle: true,
  minify: true,
  metafile: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  outdir: assets,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.ttf': 'file' },
  // In code of others that is not ours to mend.
  logLevel: 'error',
  legalComments: 'linked',
  define: { 'process.env.NODE_ENV': '"production"' },
} satisfies BuildOptions;

const workers = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};

/**
 * Bundles what the gateway's pages are made of into `gateway/generated/pages`: the pages themselves, and in `assets/` what
 * they load, each file named after its content and with a compressed copy beside it.
 */
export async function bundlePages(): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const ofWorkers = await build({ ...options, entryPoints: workers });
  const addresses = Object.fromEntries(
    Object.entries(workers).map(([name, source]) => [name, address(outputOf(ofWorkers.metafile, source))]),
  );
  const ofPages = await build({
    ...options,
    entryPoints: { graphiql: join(browser, 'graphiql.tsx'), docs: join(browser, 'docs.ts') },
    define: { ...options.define, WORKERS: JSON.stringify(addresses) },
  });
  writePage('graphiql', ofPages.metafile, 'browser/graphiql.tsx');
  writePage('docs', ofPages.metafile, 'browser/docs.ts');
  for (const { outputs } of [ofWorkers.metafile, ofPages.metafile]) {
    for (const file of Object.keys(outputs)) compress(join(root, 'gateway', file));
  }
}

/** The output that an entry point became. */
function outputOf({ outputs }: Metafile, source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(source));
  if (found === undefined) throw new Error(`esbuild made nothing of ${source}.`);
  return found[0];
}

/** Where a page finds an output: all pages stand in one folder. */
const address = (output: string) => `pages/${basename(output)}`;

function writePage(name: string, metafile: Metafile, source: string): void {
  const script = outputOf(metafile, source);
  const styles = metafile.outputs[script]?.cssBundle;
  const html = readFileSync(join(browser, `${name}.html`), 'utf8')
    .replace(
      '<!-- styles -->',
      styles === undefined ? '' : `<link rel="stylesheet" href="${address(styles)}" />`,
    )
    .replace('<!-- scripts -->', `<script type="module" src="${address(script)}"></script>`);
  writeFileSync(join(target, `${name}.html`), html);
}

/** Puts a compressed copy beside a file, if that saves anything. */
function compress(file: string): void {
  const content = readFileSync(file);
  const smaller = gzipSync(content, { level: 9 });
  if (smaller.length < content.length * 0.9) writeFileSync(`${file}.gz`, smaller);
}
