import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy of a test's own, between a client and a server on 127.0.0.1. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections go through it. */
  open(): number;
  /** Breaks all connections with a reset. */
  reset(): void;
  /**
   * From now on nothing comes through any more, and nobody is told: connections stay open, new ones are taken and
   * nothing is said on them. Ended by {@link heal}, which resets them.
   */
  silence(): void;
  /** Lets new connections through again. */
  heal(): void;
  /** Holds each piece of data for so many milliseconds. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

/** Opens one on a free port. */
export async function openProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let silent = false;
  let delayed = 0;

  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      if (silent) return;
      if (delayed === 0) to.write(chunk);
      else setTimeout(() => to.writable && !silent && to.write(chunk), delayed);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      if (!silent) to.destroy();
    });
  };
  const server = createServer((client) => {
    if (silent) {
      sockets.add(client);
      client.on('error', () => undefined);
      client.on('close', () => sockets.delete(client));
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open: () => sockets.size,
    reset,
    silence: () => {
      silent = true;
    },
    heal: () => {
      silent = false;
      reset();
    },
    delay: (milliseconds) => {
      delayed = milliseconds;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      reset();
      await closed;
    },
  };
}
