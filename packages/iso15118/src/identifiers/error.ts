import { Iso15118Error } from '../error.ts';

/** Which identifier of ISO 15118 a text was meant to be. */
export type IdentifierKind = 'pcid' | 'wmi' | 'emaid' | 'providerId' | 'namespace';

/**
 * Why a text is not an identifier; `kind` and the message say more. Closed: a new reason gets a new code here.
 *
 * - `IDENTIFIER`: it breaks the rule of its kind.
 */
export const identifierErrorCodes = ['IDENTIFIER'] as const;

/** One of {@link identifierErrorCodes}. */
export type IdentifierErrorCode = (typeof identifierErrorCodes)[number];

/** A text is not the identifier of ISO 15118 it was meant to be; the message names the rule and may be shown to the caller. */
export class IdentifierError extends Iso15118Error {
  override readonly name = 'IdentifierError';
  readonly code: IdentifierErrorCode = 'IDENTIFIER';
  readonly kind: IdentifierKind;

  /** @param rule - What the identifier must be, as the rest of a sentence that begins with its name. */
  constructor(kind: IdentifierKind, rule: string) {
    super(`${kind} : ${rule}`);
    this.kind = kind;
  }
}
