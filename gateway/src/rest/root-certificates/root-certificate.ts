import { createHash } from 'node:crypto';
import { parseCertificate, type KeyCurve } from '@chargegraph/pki';
import type { components } from '../../../generated/opcp.ts';
import type { RootType } from '../../../generated/operations.ts';
import {
  keyIdentifier,
  opcpName,
  opcpSerialNumber,
  organisationOf,
  withColons,
} from '../certificates/certificate-facts.ts';
import { derText } from '../certificates/certificate-text.ts';
import { opcpNamespace } from '../namespaces.ts';
import { rootCertificateId } from './root-id.ts';

/** A root as the graph tells it. */
export interface HeldRoot {
  readonly type: RootType;
  readonly certificate: { readonly pem: string };
}

/** The curves that OPCP has a name for. */
const curves: Partial<Record<KeyCurve, 'secp256r1' | 'secp521r1' | 'ed448'>> = {
  'P-256': 'secp256r1',
  'P-521': 'secp521r1',
  Ed448: 'ed448',
};

/** A root as OPCP's answers have it. */
export function opcpRoot({ type, certificate: { pem } }: HeldRoot): components['schemas']['RootCertificate'] {
  const certificate = parseCertificate(pem);
  const { commonName, curve, der, fingerprint, notAfter, notBefore, subject } = certificate;
  const organizationName = organisationOf(certificate);
  const signatureAlgorithm = curves[curve];
  const key = keyIdentifier(certificate);
  return {
    rootCertificateId: rootCertificateId(fingerprint),
    distinguishedName: opcpName(subject),
    rootType: type,
    caCertificate: derText(certificate),
    ...(commonName !== undefined && { commonName }),
    rootAuthorityKeyIdentifier: key.toString('base64'),
    rootAuthorityKeyIdentifierHex: withColons(key),
    rootIssuerSerialNumber: opcpSerialNumber(certificate),
    validFrom: notBefore.toISOString(),
    validTo: notAfter.toISOString(),
    ...(organizationName !== undefined && { organizationName }),
    fingerprint,
    fingerprintSha1: createHash('sha1').update(der).digest('hex'),
    xsdMsgDefNamespace: opcpNamespace[curve === 'P-256' ? 'ISO15118_2' : 'ISO15118_20'],
    ...(signatureAlgorithm !== undefined && { signatureAlgorithm }),
  };
}
