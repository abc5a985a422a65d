import type { FastifyRequest } from 'fastify';
import { ChargeGraphError } from '@chargegraph/service';

/** Of which one value alone can be meant. Node has seen to `Content-Length` and `Transfer-Encoding`. */
const single = ['host', 'authorization', 'content-type', 'alwaysreturnexi', 'x-skip-revocation'] as const;

/**
 * Refuses a request that says a header twice and different things each time: what is between its sender and us may have
 * read the other one. The same thing said twice passes, as once. `Host` has to be there (RFC 9112 section 3.2), and is not
 * left to Node, which says nothing to it.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function refuseConflictingHeaders(request: FastifyRequest): void {
  if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
    throw new ChargeGraphError('BAD_INPUT', 'The header host is missing.');
  for (const name of single) {
    const [value, ...others] = request.raw.headersDistinct[name] ?? [];
    if (value === undefined || others.length === 0) continue;
    if (others.some((other) => other !== value)) {
      throw new ChargeGraphError(
        'BAD_INPUT',
        `The header ${name} is there more than once, and not the same.`,
      );
    }
    // Of headers that it does not know, Node joins the values.
    request.headers[name] = value;
  }
}
