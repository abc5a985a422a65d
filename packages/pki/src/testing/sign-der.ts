import { sign, type KeyObject } from 'node:crypto';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

const curves: Readonly<Record<string, readonly [oid: string, hash: string]>> = {
  prime256v1: ['1.2.840.10045.4.3.2', 'sha256'],
  secp384r1: ['1.2.840.10045.4.3.3', 'sha384'],
  secp521r1: ['1.2.840.10045.4.3.4', 'sha512'],
};

/** What a key signs with. */
export interface Signing {
  readonly algorithm: AlgorithmIdentifier;
  /** The signature as certificates, CRLs and OCSP answers have it. */
  sign(octets: Uint8Array): Uint8Array;
}

/** How an EC, RSA, Ed25519 or Ed448 key signs certificates, CRLs and OCSP answers. */
export function signingWith(privateKey: KeyObject): Signing {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = privateKey;
  const signing = (algorithm: string, hash: string | null, parameters?: null): Signing => ({
    algorithm: new AlgorithmIdentifier({ algorithm, ...(parameters === null && { parameters }) }),
    sign: (octets) => sign(hash, octets, privateKey),
  });
  if (kind === 'rsa') return signing('1.2.840.113549.1.1.11', 'sha256', null);
  if (kind === 'ed25519') return signing('1.3.101.112', null);
  if (kind === 'ed448') return signing('1.3.101.113', null);
  const [oid, hash] = curves[details?.namedCurve ?? ''] ?? [];
  if (oid === undefined || hash === undefined) throw new Error('No way to sign with this kind of key.');
  return signing(oid, hash);
}
