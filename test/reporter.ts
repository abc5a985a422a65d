import type { Reporter, TestModule } from 'vitest/node';

/**
 * Tests that may be skipped although the vectors are there, by full name, each for what the machine lacks. An entry
 * that ends in `*` allows every name that begins like it.
 */
const mayBeSkipped: readonly string[] = [
  // redis-server, which npm does not have.
  'a meter in Redis > *',
  // OPCP's documents, which are their maker's.
  'the REST door > OPCP’s documents > *',
  // Python with its package websockets.
  'a consumer of the documentation > in Python loses nothing over a restart',
  'the bus over Redis > *',
  'two gateways and four pools, with PostgreSQL and Redis between them > *',
  'a follower of contract events > *',
  'chargegraph start with Redis > *',
];

const isAllowed = (name: string) =>
  mayBeSkipped.some((allowed) =>
    allowed.endsWith('*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed,
  );

/** Counts the run in one closing line, and fails it for a test that was skipped although the vectors are there. */
export class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const forbidden =
      process.env['ISO15118_VECTORS'] === undefined
        ? []
        : skipped.filter(({ fullName }) => !isAllowed(fullName));
    for (const { fullName, module } of forbidden) {
      process.stdout.write(`Skipped, and not allowed to be: ${module.relativeModuleId} > ${fullName}\n`);
    }
    if (forbidden.length > 0) process.exitCode = 1;
    process.stdout.write(
      `\nTests: ${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped\n`,
    );
  }
}
