import type { KeyObject } from 'node:crypto';

/**
 * Private keys that never leave their store: a caller names one and has it sign. References are 1 to 64
 * lower-case letters, digits and hyphens, beginning with a letter or digit.
 *
 * All methods reject with ChargeGraphError: BAD_INPUT for what is no reference, SIGNER_UNAVAILABLE for a key
 * that is not there or can't be used. No error contains key material.
 */
export interface KeyStore {
  /** The public key that belongs to the key `ref`. */
  publicKey(ref: string): Promise<KeyObject>;
  /**
   * Signs `data` with the key `ref`; the key's curve decides the hash: SHA-256 for P-256, SHA-384 for P-384,
   * SHA-512 for P-521, and Ed448's own.
   *
   * @returns the signature as r and s, each of the curve's length, one behind the other; Ed448's is its own form
   */
  sign(ref: string, data: Uint8Array): Promise<Uint8Array>;
}
