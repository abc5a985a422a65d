import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['chargegraph-source', 'node', 'import', 'module', 'default'] },
  // Without 'import': these conditions reach require() too, and pg would get halves of two builds.
  ssr: { resolve: { conditions: ['chargegraph-source', 'node'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'subgraphs/*/src/**/*.test.ts',
      'gateway/src/**/*.test.ts',
      'cli/src/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
