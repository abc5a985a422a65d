import type { FastifyRequest } from 'fastify';
import { ChargeGraphError } from '@chargegraph/service';

/** A body up to this size, in octets, is read to its end and dropped after a refusal; a larger one is cut off. */
const readableRefusal = 64 * 1024 * 1024;

/**
 * A hook that refuses a body which announces itself as too large. Fastify would refuse it too, but close the
 * connection at once: a client that is still sending would see a broken pipe instead of the answer.
 *
 * @param limit in octets
 */
export function refuseLargeBodies(limit: number): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    await Promise.resolve();
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit && announced <= readableRefusal) {
      throw new ChargeGraphError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit / 1024 / 1024} MiB.`);
    }
  };
}
