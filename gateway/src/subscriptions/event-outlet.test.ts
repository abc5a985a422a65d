import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createEventOutlets, type EventOutlet } from './event-outlet.ts';

describe('an outlet of events', () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let socket: WebSocket;
  let connection: Socket;
  const received: unknown[] = [];

  beforeEach(async () => {
    received.length = 0;
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('message', (data: Buffer) => received.push(JSON.parse(data.toString())));
    const [opened, request] = (await accepted) as [WebSocket, { socket: Socket }];
    [socket, connection] = [opened, request.socket];
    await once(client, 'open');
  });
  afterEach(() => {
    client.terminate();
    server.close();
  });

  const open = (id: string): EventOutlet => createEventOutlets()(socket, connection, id);

  it('sends what graphql-ws sends for the same result, whatever the operation is called, in order', async () => {
    const [first, second] = [open('1'), open('a "b"\n')];
    void first.send('{"data":{"n":1}}');
    void second.send('{"data":{"n":2}}');
    void first.send('{"data":{"n":3}}');
    await vi.waitFor(() => {
      expect(received).toEqual([
        { id: '1', type: 'next', payload: { data: { n: 1 } } },
        { id: 'a "b"\n', type: 'next', payload: { data: { n: 2 } } },
        { id: '1', type: 'next', payload: { data: { n: 3 } } },
      ]);
    });
  });

  it('gives a burst to the operating system at once', async () => {
    const outlet = open('1');
    const write = vi.spyOn(connection, 'uncork');
    for (let n = 0; n < 20; n++) void outlet.send('{}');
    await vi.waitFor(() => {
      expect(received).toHaveLength(20);
    });
    expect(write.mock.results.filter(() => connection.writableCorked === 0)).not.toEqual([]);
    expect(connection.writableCorked).toBe(0);
  });

  it('makes the sender wait for a client that does not read, so that little is kept, until it reads again', async () => {
    client.pause();
    const outlet = open('1');
    const result = JSON.stringify({ data: 'x'.repeat(8_192) });
    let sent = 0;
    let most = 0;
    const state = { stop: false };
    const sending = (async () => {
      while (!state.stop && sent < 5_000) {
        sent += 1;
        await outlet.send(result);
        most = Math.max(most, connection.writableLength);
      }
    })();
    const stuckAt = async (): Promise<number> => {
      for (let last = -1; ; last = sent) {
        if (last === sent) return sent;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const before = await stuckAt();
    expect(before).toBeLessThan(5_000);
    expect(Math.max(most, connection.writableLength)).toBeLessThan(
      connection.writableHighWaterMark + 2 * result.length,
    );
    client.resume();
    await vi.waitFor(() => {
      expect(sent).toBeGreaterThan(before);
    });
    state.stop = true;
    await sending;
  });

  it('lets the sender go when the socket is closed, and sends nothing any more', async () => {
    client.pause();
    const outlet = open('1');
    let full: Promise<void> | undefined;
    while (full === undefined) {
      full = outlet.send(JSON.stringify('x'.repeat(100_000)));
      if (full === undefined || connection.writableLength > 0) continue;
      await full;
      full = undefined;
    }
    client.terminate();
    socket.terminate();
    await full;
    expect(outlet.send('{}')).toBeUndefined();
  });
});
