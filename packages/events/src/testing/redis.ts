import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';

/** Whether this machine has a Redis to start: npm has none. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of a test's own, which keeps nothing. */
export interface TestRedis {
  readonly port: number;
  /** With the password in it, if it has one. */
  readonly url: string;
  /** Stops it, as if it had crashed. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** Stops it without ending it: its connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Runs one command and resolves with its answer as text. */
  command(...words: string[]): Promise<string>;
}

/** How it runs. */
export interface TestRedisOptions {
  /** Whoever connects must give it; none unless given. */
  readonly password?: string;
  /** PEM files to speak TLS with, instead of plain text. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca: string };
}

async function freePort(): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/** Starts one on a free port. */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { password, tls } = options;
  const port = await freePort();
  const listening =
    tls === undefined
      ? ['--port', String(port)]
      : [
          ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
          ...['--tls-cert-file', tls.certificate, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.ca],
        ];
  const args = [
    ...listening,
    ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    ...(password === undefined ? [] : ['--requirepass', password]),
  ];
  let server: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();

  const start = async (): Promise<void> => {
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    server = child;
    ended = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.once('exit', () => {
        reject(new Error(`redis-server ended: ${said}`));
      });
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  };
  await start();

  return {
    port,
    url: `redis${tls === undefined ? '' : 's'}://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    kill: async () => {
      server?.kill('SIGKILL');
      await ended;
    },
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    command: async (...words) => {
      const known = [
        ...(password === undefined ? [] : ['-a', password]),
        ...(tls === undefined ? [] : ['--tls', '--cacert', tls.ca]),
      ];
      const client = spawn('redis-cli', ['-p', String(port), '--no-auth-warning', ...known, ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let said = '';
      client.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await new Promise((resolve) => client.once('close', resolve));
      return said.trim();
    },
  };
}
