/**
 * Loaded into a process to be measured, with `--expose-gc --import`: upon SIGUSR2 it collects garbage and writes one line
 * with what memory it has then.
 */
import process from 'node:process';

process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.stdout.write(`memory ${JSON.stringify({ rss, heapUsed, external })}\n`);
});
