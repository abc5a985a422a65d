import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Where one operation's events go out. */
export interface EventOutlet {
  /**
   * Sends a result, in JSON, as a `next` message; nothing on a socket that is not open. Returns a promise when the sender
   * must wait before it goes on: since the client does not keep up, until everything that was sent is with the operating
   * system or the socket is closed, else memory would fill; or since others are to have their turn.
   */
  send(result: string): Promise<void> | undefined;
}

/**
 * Outlets of the operations of one socket.
 *
 * @param connection what the socket was made of
 */
export type OpenOutlet = (socket: WebSocket, connection: Duplex, id: string) => EventOutlet;

/** Messages that are sent before everything else has its turn: some milliseconds' work. */
const sentInTurn = 1_000;

/**
 * Makes outlets whose messages are gathered until all subscribers have what there is for now, and then given to the operating
 * system by one call for each socket. What a client is sent is the same as graphql-ws sends for the same result.
 */
export function createEventOutlets(): OpenOutlet {
  const gathering = new Set<Duplex>();
  let sent = 0;
  let turn: Promise<void> | undefined;
  /** Until the process has looked at its sockets and timers: pings and requests must not wait for a flood of events. */
  const nextTurn = (): Promise<void> =>
    (turn ??= new Promise((resolve) => {
      setImmediate(() => {
        sent = 0;
        turn = undefined;
        resolve();
      });
    }));
  const flush = (): void => {
    for (const connection of gathering) connection.uncork();
    gathering.clear();
  };
  const text = { binary: false, compress: false } as const;

  return (socket, connection, id) => {
    const begin = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    return {
      send: (result) => {
        if (socket.readyState !== socket.OPEN) return undefined;
        if (!gathering.has(connection)) {
          if (gathering.size === 0) process.nextTick(flush);
          gathering.add(connection);
          connection.cork();
        }
        socket.send(`${begin}${result}}`, text);
        sent += 1;
        if (connection.writableNeedDrain) return drained(connection);
        return sent >= sentInTurn ? nextTurn() : undefined;
      },
    };
  };
}

const draining = new WeakMap<Duplex, Promise<void>>();

/** One promise for all operations of a socket. */
function drained(connection: Duplex): Promise<void> {
  let promise = draining.get(connection);
  if (promise === undefined) {
    promise = new Promise((resolve) => {
      const done = (): void => {
        connection.off('drain', done).off('close', done);
        draining.delete(connection);
        resolve();
      };
      connection.on('drain', done).on('close', done);
    });
    draining.set(connection, promise);
  }
  return promise;
}
