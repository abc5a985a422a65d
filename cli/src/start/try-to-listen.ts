import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Listens for a moment where a server will, so that a wrong host or a taken port is told at once and not after a database
 * was made.
 *
 * @param port 0 for any
 * @throws Node's system error of listening, e.g. EADDRINUSE
 */
export async function tryToListen(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } finally {
    server.close();
  }
}
