/**
 * Puts the `chargegraph` command and all that it imports into one folder, from the sources as they are, for tests that
 * start it many times: loading a thousand files takes most of a process' start.
 *
 *   node scripts/bundle.mjs <folder>   nothing is done when the folder is there; its command is `main.mjs`
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const folder = process.argv[2];
if (folder === undefined) throw new Error('Use: bundle.mjs <folder>');

/** graphql in one copy: import and require would bring one each, which refuse each other's schemas. */
const oneGraphql = {
  name: 'one-graphql',
  setup({ onResolve, resolve }) {
    const asked = Symbol('asked');
    onResolve({ filter: /^graphql(\/|$)/ }, async ({ path, pluginData, importer, resolveDir }) => {
      if (pluginData === asked) return undefined;
      const kind = 'require-call';
      return await resolve(path, { importer, resolveDir, kind, pluginData: asked });
    });
  },
};

const places = {
  'import.meta.dirname': dirname,
  'import.meta.filename': (path) => path,
  'import.meta.url': (path) => pathToFileURL(path).href,
  __dirname: dirname,
  __filename: (path) => path,
};
const place = /\bimport\.meta\.(?:dirname|filename|url)\b|(?<!(?:const|let|var) )\b__(?:dirname|filename)\b/g;

/** What files find beside themselves they find where they were. */
const samePlaces = {
  name: 'same-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|js|mjs|cjs)$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const loader = path.endsWith('.ts') ? 'ts' : 'js';
      const declares = /(?:const|let|var) __(?:dirname|filename)\b/.test(text);
      const replaced = (name) =>
        declares && name.startsWith('__') ? name : JSON.stringify(places[name](path));
      return { contents: text.replace(place, replaced), loader };
    });
  },
};

if (!existsSync(folder)) {
  const draft = `${folder}.${process.pid}`;
  await build({
    entryPoints: { main: join(root, 'cli', 'src', 'main.ts') },
    outdir: draft,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['chargegraph-source'],
    mainFields: ['module', 'main'],
    // Looked for by pg, and not needed.
    external: ['pg-native'],
    plugins: [oneGraphql, samePlaces],
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);`,
    },
    logLevel: 'error',
  });
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another process has put it there meanwhile.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
}
