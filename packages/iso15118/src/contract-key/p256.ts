import { createECDH, createPublicKey, KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto';
import { ContractKeyError } from './error.ts';

/** Octets of a private key, of a coordinate, and of an uncompressed point of P-256. */
export const P256_SCALAR_SIZE = 32;
export const P256_POINT_SIZE = 65;

const CURVE = 'prime256v1';
const UNCOMPRESSED = 0x04;
/** SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point (RFC 5480). */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/**
 * The public key at an uncompressed point of P-256 (SEC 1, 2.3.4).
 * @throws {@link ContractKeyError} `POINT` when it is none or does not lie on the curve.
 */
export function p256PublicKey(point: Uint8Array): KeyObject {
  if (point.length === P256_POINT_SIZE && point[0] === UNCOMPRESSED) {
    try {
      return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, point]), format: 'der', type: 'spki' });
    } catch {
      // OpenSSL refuses a point that does not lie on the curve.
    }
  }
  throw new ContractKeyError('POINT', 'the DH public key is not an uncompressed point on P-256');
}

/**
 * The uncompressed point of a P-256 public key.
 * @throws {@link ContractKeyError} `KEY_TYPE` for any other key.
 */
export function p256Point(key: KeyObject): Uint8Array {
  requireP256(key);
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  const coordinates = Buffer.concat([
    Buffer.from(jwk.x ?? '', 'base64url'),
    Buffer.from(jwk.y ?? '', 'base64url'),
  ]);
  const point = new Uint8Array(P256_POINT_SIZE);
  point[0] = UNCOMPRESSED;
  point.set(coordinates, 1);
  return point;
}

/**
 * The private number of a P-256 key, in 32 octets.
 * @throws {@link ContractKeyError} `KEY_TYPE` for any other key.
 */
export function p256Scalar(key: KeyObject): Uint8Array {
  requireP256(key);
  if (key.type !== 'private') throw new ContractKeyError('KEY_TYPE', 'a private key is needed');
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

/**
 * The uncompressed public point that belongs to a private number of P-256.
 * @throws {@link ContractKeyError} `SCALAR` when it is not between 1 and the curve's order less one.
 */
export function p256PointOfScalar(scalar: Uint8Array): Uint8Array {
  if (scalar.length === P256_SCALAR_SIZE) {
    const ecdh = createECDH(CURVE);
    try {
      ecdh.setPrivateKey(scalar);
      return new Uint8Array(ecdh.getPublicKey());
    } catch {
      // OpenSSL refuses zero and anything from the order on.
    }
  }
  throw new ContractKeyError('SCALAR', 'the private key is not a private number of P-256');
}

/** @throws {@link ContractKeyError} `KEY_TYPE` unless the key is on P-256. */
export function requireP256(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== CURVE) {
    throw new ContractKeyError('KEY_TYPE', 'the key is not on P-256');
  }
}

/**
 * Whether a private number belongs to a certificate: the proof that an unwrapped contract key is the right one.
 * False also for a number that is no P-256 key and for a certificate of another curve or that does not parse.
 * @param certificate - DER, or its public key.
 */
export function contractKeyFits(scalar: Uint8Array, certificate: Uint8Array | KeyObject): boolean {
  try {
    const key = certificate instanceof KeyObject ? certificate : new X509Certificate(certificate).publicKey;
    return timingSafeEqual(p256PointOfScalar(scalar), p256Point(key));
  } catch {
    return false;
  }
}
