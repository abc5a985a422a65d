import { createServer } from 'node:net';
import { once } from 'node:events';
import fastify from 'fastify';
import { expect, it, vi } from 'vitest';
import { endIdleWhileClosing } from './closing.ts';

it('a server that is closed while it answers ends that connection with the answer, not with its keep-alive time', async () => {
  const server = fastify({ keepAliveTimeout: 75_000, forceCloseConnections: 'idle' });
  endIdleWhileClosing(server);
  let answer: (text: string) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    server.get('/', () => {
      resolve();
      return new Promise<string>((done) => {
        answer = done;
      });
    });
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const body = fetch(url).then((response) => response.text());
  await asked;
  const closed = server.close();
  await vi.waitFor(() => {
    expect(server.server.listening).toBe(false);
  });
  answer('done');
  expect(await body).toBe('done');
  await closed;
  // The port is free again.
  const { port } = new URL(url);
  const other = createServer().listen(Number(port), '127.0.0.1');
  await once(other, 'listening');
  other.close();
}, 10_000);
