import type { FastifyInstance } from 'fastify';

const intervalMs = 100;

/**
 * Has a server that is being closed end connections as they fall idle. Those that were idle before are ended by itself; one
 * whose last request was still being answered would be waited for until its keep-alive time is over.
 */
export function endIdleWhileClosing(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    const sweeping = setInterval(() => {
      server.server.closeIdleConnections();
    }, intervalMs);
    server.server.once('close', () => {
      clearInterval(sweeping);
    });
    done();
  });
}
