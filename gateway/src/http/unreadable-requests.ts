import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '@chargegraph/service';

/** How long a client may take over a request, in milliseconds. */
export interface RequestTimeouts {
  /** Until its headers are there. */
  readonly headers: number;
  /** Until all of it is there. */
  readonly request: number;
  /** Without a single octet either way, while it sends or is answered. */
  readonly silence: number;
  /** How often the first two are looked at. */
  readonly check: number;
}

/** Those of a server that nobody says otherwise of. */
export const usualTimeouts: RequestTimeouts = {
  headers: 10_000,
  request: 30_000,
  silence: 60_000,
  check: 5_000,
};

const sentences: Readonly<Record<string, readonly [status: number, sentence: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  HPE_INVALID_METHOD: [400, 'The method is none of HTTP.'],
};

/** How long the client's side is left open behind the answer, in milliseconds. */
const linger = 1_000;

/**
 * Answers what is not HTTP, or does not come to an end, and closes its connection. Nobody knows then which door was meant:
 * it is OPCP's body. A client that still sends is listened to for a moment: a connection that is closed on unread octets is
 * reset, and the answer may never be seen.
 */
export function answerUnreadable(logger: Logger) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    // Of one that was answered already, the rest is no better.
    if (socket.destroyed || socket.writableEnded) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, message] = sentences[error.code ?? ''] ?? [400, 'The request is malformed.'];
    const traceId = randomUUID();
    logger.info({ traceId, status, code: error.code, message }, 'a request was refused');
    const body = JSON.stringify({ errorMessages: [message], traceId });
    socket.end(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
        'content-type: application/json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    );
    const closing = setTimeout(() => socket.destroy(), linger);
    socket.once('close', () => {
      clearTimeout(closing);
    });
  };
}

/** Has a server run nothing that comes to its end only after it was answered so. */
export function dropAnsweredRequests(server: FastifyInstance): void {
  server.addHook('preValidation', async (request, reply) => {
    if (!request.raw.socket.writableEnded) return;
    return await reply.hijack();
  });
}
