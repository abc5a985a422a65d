import { sign, type KeyObject } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';

const hashByCurve: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** True if {@link signData} can sign with this private key. */
export function canSign(privateKey: KeyObject): boolean {
  const { type, asymmetricKeyType, asymmetricKeyDetails } = privateKey;
  if (type !== 'private') return false;
  if (asymmetricKeyType === 'ed448') return true;
  return asymmetricKeyType === 'ec' && (asymmetricKeyDetails?.namedCurve ?? '') in hashByCurve;
}

/**
 * Signs `data` as ISO 15118 does: ECDSA as r and s one behind the other (the form of SignatureValue) with the
 * hash that fits the curve, or Ed448.
 *
 * @throws ChargeGraphError('SIGNER_UNAVAILABLE') for any other kind of key
 */
export function signData(privateKey: KeyObject, data: Uint8Array): Uint8Array {
  if (!canSign(privateKey)) {
    throw new ChargeGraphError('SIGNER_UNAVAILABLE', 'The key is of a kind that signs nothing in ISO 15118.');
  }
  const curve = privateKey.asymmetricKeyDetails?.namedCurve;
  const hash = curve === undefined ? null : (hashByCurve[curve] ?? null);
  return new Uint8Array(sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
}
