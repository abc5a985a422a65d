import { KeyObject, timingSafeEqual, X509Certificate } from 'node:crypto';
import {
  pointOf,
  pointOfScalar,
  publicKeyOfPoint,
  requireCurve,
  scalarOf,
  type EcCurve,
} from './ec-curve.ts';

/** The curve of ISO 15118-2 (SEC 2, 2.4.2). */
export const P256: EcCurve = {
  name: 'P-256',
  openssl: 'prime256v1',
  scalarSize: 32,
  spkiPrefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
};

/** {@link publicKeyOfPoint} of P-256. */
export function p256PublicKey(point: Uint8Array): KeyObject {
  return publicKeyOfPoint(P256, point);
}

/** {@link pointOf} a key on P-256: 65 octets. */
export function p256Point(key: KeyObject): Uint8Array {
  return pointOf(P256, key);
}

/** {@link scalarOf} a key on P-256: 32 octets. */
export function p256Scalar(key: KeyObject): Uint8Array {
  return scalarOf(P256, key);
}

/** {@link pointOfScalar} of P-256. */
export function p256PointOfScalar(scalar: Uint8Array): Uint8Array {
  return pointOfScalar(P256, scalar);
}

/** @throws ContractKeyError `KEY_TYPE` unless the key is on P-256. */
export function requireP256(key: KeyObject): void {
  requireCurve(P256, key);
}

/**
 * Whether a private number of P-256 (SEC 1) belongs to a certificate: the proof that an unwrapped contract key is the right one.
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
