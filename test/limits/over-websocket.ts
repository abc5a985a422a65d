import { openSocket, type BareSocket } from '../harness/websocket.ts';

/** What the server says to an operation: its first result, or why it is refused. */
export interface Said {
  readonly type: string;
  readonly payload?: unknown;
}

/** A socket that was let in. */
export interface Connected extends BareSocket {
  /** Runs a query or mutation to its end. */
  run(payload: object): Promise<Said>;
}

/** Opens a socket and says who is there. */
export async function overWebsocket(url: string, token: string): Promise<Connected> {
  const socket = await openSocket(url);
  socket.closed.catch(() => undefined);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await socket.next();
  let count = 0;
  return {
    ...socket,
    run: async (payload) => {
      count += 1;
      socket.send({ id: `run-${count}`, type: 'subscribe', payload });
      const said = await socket.next();
      if (said.type === 'next') await socket.next();
      return said;
    },
  };
}
