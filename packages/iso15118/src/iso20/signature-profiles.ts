import { ECDSA_SHA256, ECDSA_SHA512, SHA256, SHA512 } from '../xmldsig/algorithms.ts';
import type { DigestHash } from './fragment.ts';

/** Algorithms that belong together in a signature of an ISO 15118-20 message. */
export interface Iso20SignatureProfile {
  /** The URI of SignatureMethod. */
  readonly signatureMethod: string;
  /** The URI of DigestMethod. */
  readonly digestMethod: string;
  /** Of the digests and of the signature. */
  readonly hash: DigestHash;
  /** The curve of the signer's key, by OpenSSL's name. */
  readonly curve: string;
  /** Octets of SignatureValue: r and s, each as long as the curve's order. */
  readonly signatureSize: number;
}

/** The names of the profiles, by the signer's curve: that of ISO 15118-20, and that of ISO 15118-2. */
export type Iso20SignatureProfileName = 'P-521' | 'P-256';

/**
 * P-521 is the profile of ISO 15118-20; P-256 is that of ISO 15118-2, which systems in the field use for -20 as
 * well.
 */
export const iso20SignatureProfiles: Readonly<Record<Iso20SignatureProfileName, Iso20SignatureProfile>> = {
  'P-521': {
    signatureMethod: ECDSA_SHA512,
    digestMethod: SHA512,
    hash: 'sha512',
    curve: 'secp521r1',
    signatureSize: 132,
  },
  'P-256': {
    signatureMethod: ECDSA_SHA256,
    digestMethod: SHA256,
    hash: 'sha256',
    curve: 'prime256v1',
    signatureSize: 64,
  },
};
