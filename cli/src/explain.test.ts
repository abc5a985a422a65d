import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '@chargegraph/service';
import { explain } from './explain.ts';

const listening = (port: number, host: string) =>
  new Promise<Error>((resolve) => {
    createServer().once('error', resolve).listen(port, host);
  });

describe('what a failed command says', () => {
  it('is the sentence alone for what the user can mend', () => {
    expect(explain(new ConfigurationError('--port is wrong: too big'))).toBe('--port is wrong: too big');
  });

  it('is a sentence when it cannot listen', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(explain(await listening(port, '127.0.0.1'))).toBe(
      `Port ${port} of 127.0.0.1 is in use by another process: stop that one or choose another port.`,
    );
    server.close();
    expect(explain(await listening(0, '192.0.2.1'))).toBe(
      'Port 0 of 192.0.2.1 cannot be listened on: the address is not one of this machine.'.replace(
        'Port 0 of ',
        '',
      ),
    );
  });

  it('is the stack of anything else', () => {
    expect(explain(new TypeError('odd'))).toMatch(/^TypeError: odd\n +at /);
    expect(explain('thrown')).toBe('thrown');
  });
});
