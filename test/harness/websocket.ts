import { once } from 'node:events';
import WebSocket from 'ws';
import { within } from './wait.ts';

/** How a websocket's server closed it. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A bare websocket that speaks graphql-transport-ws word by word. */
export interface BareSocket {
  send(message: unknown): void;
  /** The next message from the server. */
  next(): Promise<{ readonly type: string; readonly payload?: unknown }>;
  readonly closed: Promise<Closing>;
  close(): void;
}

/** Opens one at the door of an ecosystem. */
export async function openSocket(url: string, headers: Record<string, string> = {}): Promise<BareSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  const messages: { type: string; payload?: unknown }[] = [];
  let wake: () => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as { type: string });
    wake();
  });
  const closed = new Promise<Closing>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return {
    send: (message) => {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    next: async () => {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) return message;
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await within('a message from the server', 10_000, more);
      }
    },
    closed: within('the server closes the websocket', 20_000, closed),
    close: () => {
      socket.close();
    },
  };
}

/** What the websocket door says to a token: that it let its bearer in, or how it closed. */
export async function knock(url: string, token: string | undefined): Promise<'let in' | Closing> {
  const socket = await openSocket(url);
  const payload = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  socket.closed.catch(() => undefined);
  socket.send({ type: 'connection_init', payload });
  const answer = await Promise.race([socket.closed, socket.next()]);
  if ('code' in answer) return answer;
  socket.close();
  return 'let in';
}
