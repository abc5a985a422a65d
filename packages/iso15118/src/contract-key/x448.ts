import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { lastPrivateOctets, lastPublicOctets } from '../key-octets.ts';
import { ContractKeyError } from './error.ts';

/** Octets of a private key and of a public one (RFC 7748, 5). */
export const X448_KEY_SIZE = 56;

/** SubjectPublicKeyInfo and PrivateKeyInfo of an X448 key, up to the key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('3042300506032b656f033900', 'hex');
const PKCS8_PREFIX = Buffer.from('3046020100300506032b656f043a0438', 'hex');

/** [V2G20-2489]: DHPublicKey begins with the octet that says "uncompressed", and so has 57 octets. */
const UNCOMPRESSED = 0x04;

/** The DHPublicKey of an X448 public key: 57 octets ([V2G20-2489] with [V2G20-2495]). */
export function x448DhPublicKey(key: KeyObject): Uint8Array {
  requireX448(key);
  return Uint8Array.of(UNCOMPRESSED, ...lastPublicOctets(key, X448_KEY_SIZE));
}

/**
 * The public key in a DHPublicKey. RFC 8410 knows no first octet that says "uncompressed", so it may be missing.
 * @throws {@link ContractKeyError} `POINT` when the octets are none.
 */
export function x448PublicKey(dhPublicKey: Uint8Array): KeyObject {
  const marked = dhPublicKey.length === 1 + X448_KEY_SIZE && dhPublicKey[0] === UNCOMPRESSED;
  if (!marked && dhPublicKey.length !== X448_KEY_SIZE) {
    throw new ContractKeyError('POINT', 'the DH public key is not a public key of X448');
  }
  const octets = marked ? dhPublicKey.subarray(1) : dhPublicKey;
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, octets]), format: 'der', type: 'spki' });
}

/**
 * The 56 octets of an X448 private key, in the order of RFC 7748.
 * @throws {@link ContractKeyError} `KEY_TYPE` for a key of anything else and for a public one.
 */
export function x448Octets(key: KeyObject): Uint8Array {
  requireX448(key);
  if (key.type !== 'private') throw new ContractKeyError('KEY_TYPE', 'a private key is needed');
  return lastPrivateOctets(key, X448_KEY_SIZE);
}

/**
 * The private key of 56 octets. Any octets are one (RFC 7748, 5).
 * @throws {@link ContractKeyError} `SCALAR` for another number of octets.
 */
export function x448PrivateKey(octets: Uint8Array): KeyObject {
  if (octets.length !== X448_KEY_SIZE) {
    throw new ContractKeyError('SCALAR', 'the private key is not a private key of X448');
  }
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, octets]), format: 'der', type: 'pkcs8' });
}

/** Whether a key is one of X448. */
export function isX448(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'x448';
}

function requireX448(key: KeyObject): void {
  if (!isX448(key)) throw new ContractKeyError('KEY_TYPE', 'the key is not one of X448');
}
