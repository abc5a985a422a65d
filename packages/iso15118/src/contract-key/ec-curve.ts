import { createECDH, createPublicKey, type KeyObject } from 'node:crypto';
import { namedCurve, privateNumber, uncompressedPoint } from '../key-octets.ts';
import { ContractKeyError } from './error.ts';

/** An elliptic curve over a prime field, as contract keys use it. */
export interface EcCurve {
  /** NIST's name. */
  readonly name: string;
  /** OpenSSL's name. */
  readonly openssl: string;
  /** Octets of a private number and of a coordinate. */
  readonly scalarSize: number;
  /** SubjectPublicKeyInfo of an uncompressed point, up to the point (RFC 5480). */
  readonly spkiPrefix: Uint8Array;
}

const UNCOMPRESSED = 0x04;

/**
 * The public key at an uncompressed point of the curve (SEC 1, 2.3.4).
 * @throws {@link ContractKeyError} `POINT` when it is none or does not lie on the curve.
 */
export function publicKeyOfPoint(curve: EcCurve, point: Uint8Array): KeyObject {
  if (point.length === 1 + 2 * curve.scalarSize && point[0] === UNCOMPRESSED) {
    try {
      return createPublicKey({ key: Buffer.concat([curve.spkiPrefix, point]), format: 'der', type: 'spki' });
    } catch {
      // OpenSSL refuses a point that does not lie on the curve.
    }
  }
  throw new ContractKeyError('POINT', `the DH public key is not an uncompressed point on ${curve.name}`);
}

/**
 * The uncompressed point of a public key, or of the public half of a private one.
 * @throws {@link ContractKeyError} `KEY_TYPE` for a key of anything else.
 */
export function pointOf(curve: EcCurve, key: KeyObject): Uint8Array {
  requireCurve(curve, key);
  return uncompressedPoint(key);
}

/**
 * The private number of a key, in the curve's full length.
 * @throws {@link ContractKeyError} `KEY_TYPE` for a key of anything else and for a public one.
 */
export function scalarOf(curve: EcCurve, key: KeyObject): Uint8Array {
  requireCurve(curve, key);
  if (key.type !== 'private') throw new ContractKeyError('KEY_TYPE', 'a private key is needed');
  return privateNumber(key);
}

/**
 * The uncompressed public point that belongs to a private number.
 * @throws {@link ContractKeyError} `SCALAR` when it is not between 1 and the curve's order less one.
 */
export function pointOfScalar(curve: EcCurve, scalar: Uint8Array): Uint8Array {
  if (scalar.length === curve.scalarSize) {
    const ecdh = createECDH(curve.openssl);
    try {
      ecdh.setPrivateKey(scalar);
      return new Uint8Array(ecdh.getPublicKey());
    } catch {
      // OpenSSL refuses zero and anything from the order on.
    }
  }
  throw new ContractKeyError('SCALAR', `the private key is not a private number of ${curve.name}`);
}

/** Whether a key is on the curve. */
export function isOnCurve(curve: EcCurve, key: KeyObject): boolean {
  return namedCurve(key) === curve.openssl;
}

/** @throws {@link ContractKeyError} `KEY_TYPE` unless the key is on the curve. */
export function requireCurve(curve: EcCurve, key: KeyObject): void {
  if (!isOnCurve(curve, key)) throw new ContractKeyError('KEY_TYPE', `the key is not on ${curve.name}`);
}
