import type { FastifyReply } from 'fastify';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';

/** HTTP status of every error code: the one mapping for the REST door and for refusals before GraphQL begins. */
export const httpStatus: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  BAD_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 400,
  PAYLOAD_TOO_LARGE: 413,
  LIMIT_EXCEEDED: 429,
  EXI_INVALID: 400,
  SIGNATURE_INVALID: 400,
  CERTIFICATE_INVALID: 400,
  CERTIFICATE_EXPIRED: 400,
  CERTIFICATE_REVOKED: 400,
  CHAIN_INVALID: 400,
  ROOT_UNKNOWN: 400,
  KEY_MISMATCH: 400,
  EMAID_IN_USE: 400,
  SIGNER_UNAVAILABLE: 400,
  CURSOR_INVALID: 400,
  CURSOR_EXPIRED: 400,
  DEADLINE_EXCEEDED: 503,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

/** What is shown of an error before a door gives it its shape. */
export interface ShownError {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Maps any error, Fastify's own among them, to what may be shown; an unknown one to "internal error". */
export function showError(error: unknown): ShownError {
  if (error instanceof ChargeGraphError && error.code !== 'INTERNAL') {
    return { status: httpStatus[error.code], code: error.code, message: error.message };
  }
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return { status, code: 'PAYLOAD_TOO_LARGE', message: 'The body is larger than 1 MiB.' };
  if (status === 415) return { status, code: 'BAD_INPUT', message: 'Send the body as application/json.' };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const parsed = error instanceof Error && 'code' in error && String(error.code).startsWith('FST_ERR_CTP');
    const ofJson = parsed || error instanceof SyntaxError;
    return {
      status,
      code: 'BAD_INPUT',
      message: ofJson ? 'The body is not valid JSON.' : 'The request is malformed.',
    };
  }
  return { status: 500, code: 'INTERNAL', message: 'internal error' };
}

/** An error on the GraphQL door. */
export async function sendGraphQLError(
  reply: FastifyReply,
  shown: ShownError,
  traceId: string,
): Promise<FastifyReply> {
  return await reply.status(shown.status).send({
    errors: [{ message: shown.message, extensions: { code: shown.code, traceId } }],
  });
}

/** An error on the REST door: OPCP's `{errorMessages, traceId}`. */
export async function sendOpcpError(
  reply: FastifyReply,
  shown: ShownError,
  traceId: string,
): Promise<FastifyReply> {
  return await reply.status(shown.status).send({ errorMessages: [shown.message], traceId });
}
