import { defineConfig } from 'vitest/config';
import { CountingReporter } from './test/reporter.ts';
import { SlowFirst } from './test/sequencer.ts';

const unit = ['packages/*/src/**', 'subgraphs/*/src/**', 'gateway/src/**', 'cli/src/**', 'test/**'];

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
    globalSetup: 'test/global-setup.ts',
    reporters: ['default', new CountingReporter()],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // On two cores: one more than can compute at a time, since tests of processes and sockets wait a lot.
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          include: unit.map((folder) => `${folder}/*.test.ts`),
          exclude: ['**/*.isolated.test.ts', '**/node_modules/**'],
          // Loading the federation's packages for every file anew would take longer than the tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          // What replaces modules needs them to itself. Last: between the others it would end a worker that has
          // loaded all they need.
          name: 'isolated',
          sequence: { groupOrder: 1 },
          include: unit.map((folder) => `${folder}/*.isolated.test.ts`),
        },
      },
    ],
  },
});
