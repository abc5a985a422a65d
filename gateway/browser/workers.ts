import type { Environment } from 'monaco-editor';

/** Addresses of the editor's workers, relative to the page; `scripts/pages.ts` puts them in. */
declare const WORKERS: Readonly<Record<'editor' | 'graphql' | 'json', string>>;

const scope = globalThis as { MonacoEnvironment?: Environment };

scope.MonacoEnvironment = {
  getWorker(_id, label) {
    const kind = label === 'graphql' || label === 'json' ? label : 'editor';
    return new Worker(WORKERS[kind], { type: 'module' });
  },
};
