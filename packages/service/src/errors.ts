/**
 * Every reason for which ChargeGraph refuses or fails, as one closed union. Each edge maps it once:
 * GraphQL (`@chargegraph/graph`), OPCP REST and websocket close codes (`@chargegraph/gateway`).
 */
export const errorCodes = [
  // The caller
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  // What was sent
  'BAD_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'LIMIT_EXCEEDED',
  // EXI
  'EXI_INVALID',
  'SIGNATURE_INVALID',
  // Certificates
  'CERTIFICATE_INVALID',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REVOKED',
  'CHAIN_INVALID',
  'ROOT_UNKNOWN',
  'KEY_MISMATCH',
  // Contracts
  'EMAID_IN_USE',
  'SIGNER_UNAVAILABLE',
  // Cursors (see docs/decisions/0001-event-log.md)
  'CURSOR_INVALID',
  'CURSOR_EXPIRED',
  // Faults
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Where and why, beside the sentence. */
export interface ErrorDetails {
  /** The input field the refusal is about, as a path from the operation's arguments. */
  readonly path?: readonly string[];
  /** The error underneath; logged, never shown. */
  readonly cause?: unknown;
}

/**
 * A refusal or fault whose sentence may be shown to the caller. Anything that is not one of these is an
 * unknown error: it is logged with its trace id and shown as "internal error" with that id alone.
 */
export class ChargeGraphError extends Error {
  override readonly name = 'ChargeGraphError';
  readonly code: ErrorCode;
  /** Not `path`: graphql-js takes any error with an array of that name for one of its own. */
  readonly inputPath: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.inputPath = details.path;
  }
}

const expectedRefusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BAD_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'EXI_INVALID',
  'SIGNATURE_INVALID',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_REVOKED',
  'CHAIN_INVALID',
  'ROOT_UNKNOWN',
  'KEY_MISMATCH',
  'EMAID_IN_USE',
  'SIGNER_UNAVAILABLE',
]);

/**
 * True for a refusal that a rule of the pools foresees: a mutation reports it as a `userError`. Authentication,
 * limits and faults are not foreseen and become GraphQL errors.
 */
export function isExpectedRefusal(error: unknown): error is ChargeGraphError {
  return error instanceof ChargeGraphError && expectedRefusals.has(error.code);
}
