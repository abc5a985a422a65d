/** The yardstick: a websocket server that does nothing but send the same octets to all of its sockets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { WebSocketServer } from 'ws';

/** What the bare server is asked. */
export type BareRequest =
  { readonly ask: 'port' } | { readonly ask: 'send'; readonly message: string; readonly rounds: number };

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  handleProtocols: ([first]) => first ?? false,
});
const listening = once(server, 'listening');

async function answer(request: BareRequest): Promise<number | undefined> {
  await listening;
  if (request.ask === 'port') return (server.address() as AddressInfo).port;
  const message = Buffer.from(request.message);
  for (let round = 0; round < request.rounds; round++) {
    const sent = [...server.clients].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.send(message, { binary: false }, () => {
            resolve();
          });
        }),
    );
    await Promise.all(sent);
  }
  return undefined;
}

process.on('message', ({ number, request }: { number: number; request: BareRequest }) => {
  answer(request).then(
    (result) => process.send?.({ number, result }),
    (error: unknown) => process.send?.({ number, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
