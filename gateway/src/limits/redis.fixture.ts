import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

/** Whether this machine has a Redis to start: npm has none. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of a test's own, which keeps nothing. */
export interface TestRedis {
  readonly url: string;
  /** Stops it, as if it had crashed. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
}

/** Starts one on a free port. */
export async function startTestRedis(): Promise<TestRedis> {
  const port = await new Promise<number>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
  let kill = (): Promise<void> => Promise.resolve();
  const start = async () => {
    const server = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const ended = new Promise<void>((resolve) =>
      server.once('exit', () => {
        resolve();
      }),
    );
    kill = async () => {
      server.kill('SIGKILL');
      await ended;
    };
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('exit', () => {
        reject(new Error(`redis-server ended: ${said}`));
      });
      server.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, kill: () => kill(), start };
}
