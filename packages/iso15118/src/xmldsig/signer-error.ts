import { Iso15118Error } from '../error.ts';

/**
 * Why a signature that was asked for cannot be used. Closed: a new reason gets a new code here.
 *
 * - `SIGNATURE_SIZE`: the signer gave something else than the raw r and s of the edition's curve.
 */
export const signerErrorCodes = ['SIGNATURE_SIZE'] as const;

/** One of {@link signerErrorCodes}. */
export type SignerErrorCode = (typeof signerErrorCodes)[number];

/** A signer, which may lie in a security module, did not give what the standard prescribes. */
export class SignerError extends Iso15118Error {
  override readonly name = 'SignerError';
  readonly code: SignerErrorCode;

  constructor(code: SignerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
