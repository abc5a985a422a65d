import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections. */
const lowest = 15_000;
const ofWorker = 2_000;
const workers = 8;

/** Workers run side by side: what one has chosen and does not listen on yet, no other may choose. */
const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % workers;
let last = randomInt(ofWorker);

/**
 * A TCP port of 127.0.0.1 that nobody listened on a moment ago, and that nobody else is given for long. No outgoing
 * connection takes it while what listens there is restarted.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    last = (last + 1) % ofWorker;
    const port = lowest + worker * ofWorker + last;
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
      return port;
    } catch {
      // Somebody has it: another one, then.
    } finally {
      probe.close();
    }
  }
}
