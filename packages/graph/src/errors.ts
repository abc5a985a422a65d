import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ChargeGraphError, errorCodes, isExpectedRefusal, type Logger } from '@chargegraph/service';

/** A refusal as mutations report it (`UserError` in the schema). */
export interface UserError {
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly code: UserErrorCode;
}

/** The codes of `UserErrorCode` in the schema: the error codes that the pools' rules foresee. */
export type UserErrorCode =
  | 'BAD_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'EXI_INVALID'
  | 'SIGNATURE_INVALID'
  | 'CERTIFICATE_INVALID'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_REVOKED'
  | 'CHAIN_INVALID'
  | 'ROOT_UNKNOWN'
  | 'KEY_MISMATCH'
  | 'EMAID_IN_USE'
  | 'SIGNER_UNAVAILABLE';

/**
 * Runs a mutation's work and turns a foreseen refusal into `userErrors`, with its path under `input`; everything
 * else is thrown on.
 *
 * @param empty the payload's other fields for a refusal
 */
export async function withUserErrors<P extends object>(
  empty: P,
  work: () => Promise<P>,
): Promise<P & { userErrors: UserError[] }> {
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    if (!isExpectedRefusal(error)) throw error;
    return { ...empty, userErrors: [toUserError(error)] };
  }
}

/** A foreseen refusal as the schema's `UserError`. */
export function toUserError(error: ChargeGraphError): UserError {
  return {
    message: error.message,
    path: error.inputPath === undefined ? null : ['input', ...error.inputPath],
    code: error.code as UserErrorCode,
  };
}

const isOurs = (error: unknown): error is ChargeGraphError => error instanceof ChargeGraphError;

/**
 * The one mapping of errors to GraphQL errors. A {@link ChargeGraphError} shows its sentence and code; graphql-js's
 * own errors (syntax, validation, coercion) show their sentence; anything else is logged under the trace id and
 * shown as "internal error".
 */
export function formatGraphQLError(
  error: GraphQLError,
  traceId: string,
  logger: Logger,
): GraphQLFormattedError & { extensions: Record<string, unknown> } {
  const { message, locations, path } = error.toJSON();
  const place = { ...(locations !== undefined && { locations }), ...(path !== undefined && { path }) };
  const original = error.originalError;
  if (isOurs(original)) {
    if (original.code === 'INTERNAL') logger.error({ err: original, traceId }, 'operation failed');
    return {
      message: original.message,
      ...place,
      extensions: {
        code: original.code,
        ...(original.inputPath && { argument: original.inputPath }),
        traceId,
      },
    };
  }
  // An error of a subgraph, already mapped there, or one that was made with its code.
  const { code } = error.extensions;
  if (errorCodes.some((each) => each === code)) {
    return { message: shorten(message), ...place, extensions: { code, traceId } };
  }
  if (code === undefined && (original === undefined || original instanceof GraphQLError)) {
    return { message: shorten(message), ...place, extensions: { code: 'BAD_INPUT', traceId } };
  }
  logger.error({ err: original ?? error, traceId, path }, 'operation failed');
  return { message: 'internal error', ...place, extensions: { code: 'INTERNAL', traceId } };
}

const shownCharacters = 500;

/** graphql-js repeats the values that it refuses, however long; the rule they break stands at the end. */
function shorten(message: string): string {
  if (message.length <= shownCharacters) return message;
  return `${message.slice(0, shownCharacters / 2)} … ${message.slice(-shownCharacters / 2)}`;
}
