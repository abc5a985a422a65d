import { Iso15118Error } from '../error.ts';

/**
 * Why a contract key cannot be wrapped or unwrapped. Closed: a new reason gets a new code here.
 *
 * - `KEY_TYPE`: a key is not on a curve of the edition (P-256 in ISO 15118-2; P-521 or X448 in ISO 15118-20), lacks
 *   its private part, or was wrapped for a TPM, which alone can unwrap it.
 * - `SCALAR`: a private key is not a number from 1 to the curve's order less one in its full length.
 * - `POINT`: the DH public key is not an uncompressed point on the curve.
 * - `LENGTH`: the encrypted private key has another length than the edition prescribes.
 * - `AUTHENTICATION`: the key was wrapped for another car or another contract certificate, or was changed
 *   (ISO 15118-20).
 * - `CERTIFICATE`: the contract certificate has no readable subject key identifier (ISO 15118-20).
 */
export const contractKeyErrorCodes = [
  'KEY_TYPE',
  'SCALAR',
  'POINT',
  'LENGTH',
  'AUTHENTICATION',
  'CERTIFICATE',
] as const;

/** One of {@link contractKeyErrorCodes}: why the key encryption of ISO 15118 cannot be done. */
export type ContractKeyErrorCode = (typeof contractKeyErrorCodes)[number];

/** The only error of wrapping and unwrapping keys (ISO 15118-2, 7.9.2.4). Its message never holds key material. */
export class ContractKeyError extends Iso15118Error {
  override readonly name = 'ContractKeyError';
  readonly code: ContractKeyErrorCode;

  constructor(code: ContractKeyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
