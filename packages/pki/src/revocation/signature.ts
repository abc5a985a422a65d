import { verify, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

interface Algorithm {
  /** node:crypto's name of the key's kind. */
  readonly key: string;
  /** Undefined where the algorithm has no hash to choose. */
  readonly hash?: string;
}

/** SHA-1 and older are refused: a signature over them proves nothing any more. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519' },
  '1.3.101.113': { key: 'ed448' },
};

/**
 * True if `signature` over `octets` was made with the private half of `publicKey`: ECDSA or RSA (PKCS #1 v1.5) over
 * SHA-256, SHA-384 or SHA-512, Ed25519 or Ed448. Verified off the event loop.
 *
 * @param algorithm the AlgorithmIdentifier in DER
 * @returns false too for an algorithm that is not known, does not fit the key or cannot be read
 */
export async function isSignature(
  algorithm: Uint8Array,
  octets: Uint8Array,
  publicKey: KeyObject,
  signature: Uint8Array,
): Promise<boolean> {
  const known = algorithms[nameOf(algorithm)];
  if (known === undefined || known.key !== publicKey.asymmetricKeyType) return false;
  return await new Promise((resolve) => {
    verify(known.hash ?? null, octets, publicKey, signature, (error, result) => {
      resolve(error === null && result);
    });
  });
}

function nameOf(algorithm: Uint8Array): string {
  try {
    return AsnConvert.parse(algorithm, AlgorithmIdentifier).algorithm;
  } catch {
    return '';
  }
}
