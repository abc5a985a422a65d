import type { Iso15118ErrorCode } from './error-codes.ts';

/**
 * What every error that this package throws is an instance of: {@link ExiError}, {@link MessageXmlError},
 * {@link MessageJsonError}, {@link ContractKeyError}, {@link IdentifierError}, {@link SignerError}. Whatever the
 * input, reading it throws nothing else.
 */
export abstract class Iso15118Error extends Error {
  /** What is wrong, for programs; the message says it for people. */
  abstract readonly code: Iso15118ErrorCode;
}
