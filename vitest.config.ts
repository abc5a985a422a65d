import { defineConfig } from 'vitest/config';
import { CountingReporter } from './test/reporter.ts';

export default defineConfig({
  // graphql by its file: require() and import would load two copies of it, which refuse each other's schemas.
  resolve: {
    conditions: ['chargegraph-source'],
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  // Without 'import': these conditions reach require() too, and pg would get halves of two builds.
  ssr: { resolve: { conditions: ['chargegraph-source'] } },
  // Where the global setup runs.
  environments: { __vitest__: { resolve: { conditions: ['chargegraph-source', 'node', 'import'] } } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'subgraphs/*/src/**/*.test.ts',
      'gateway/src/**/*.test.ts',
      'cli/src/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: 'test/global-setup.ts',
    reporters: ['default', new CountingReporter()],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
