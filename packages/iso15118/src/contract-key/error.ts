import { Iso15118Error } from '../error.ts';

/**
 * Why a contract key cannot be wrapped or unwrapped. Closed: a new reason gets a new code here.
 *
 * - `KEY_TYPE`: a key is not on the curve of the edition (P-256 in ISO 15118-2), or lacks its private part.
 * - `SCALAR`: a private key is not a number from 1 to the curve's order less one in its full length.
 * - `POINT`: the DH public key is not an uncompressed point on the curve.
 * - `LENGTH`: the encrypted private key has another length than the edition prescribes.
 */
export const contractKeyErrorCodes = ['KEY_TYPE', 'SCALAR', 'POINT', 'LENGTH'] as const;

/** One of {@link contractKeyErrorCodes}. */
export type ContractKeyErrorCode = (typeof contractKeyErrorCodes)[number];

/** The only error of wrapping and unwrapping. Its message never holds key material. */
export class ContractKeyError extends Iso15118Error {
  override readonly name = 'ContractKeyError';
  readonly code: ContractKeyErrorCode;

  constructor(code: ContractKeyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
