import { invalidCertificate } from './invalid-certificate.ts';
import { readPlainExtensions } from './plain-extensions.ts';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from './x509.ts';

/** What a key may be used for, as RFC 5280 clause 4.2.1.3 names it. */
export type KeyUsage = keyof typeof KeyUsageFlags;

/** All key usages. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const satisfies readonly KeyUsage[];

/** What a certificate's extensions say; absent ones as {@link Certificate} has them. */
export interface CertificateExtensions {
  readonly signatureAlgorithm: string;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsages: readonly string[];
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: string | undefined;
  readonly policies: readonly string[];
  readonly ocspUrls: readonly string[];
  readonly crlUrls: readonly string[];
  readonly criticalExtensions: ReadonlySet<string>;
}

/**
 * Reads all extensions at once.
 *
 * @throws ChargeGraphError('CERTIFICATE_INVALID') if one is malformed or stands twice (RFC 5280 clause 4.2)
 */
export function readExtensions(der: Uint8Array): CertificateExtensions {
  return readPlainExtensions(der) ?? readAnyExtensions(der);
}

/**
 * The same for whatever is allowed, as the library reads it.
 *
 * @throws ChargeGraphError('CERTIFICATE_INVALID')
 */
export function readAnyExtensions(der: Uint8Array): CertificateExtensions {
  try {
    return collect(new X509Certificate(Buffer.from(der)));
  } catch (cause) {
    throw invalidCertificate('an extension in it cannot be read or stands twice', cause);
  }
}

function collect(certificate: X509Certificate): CertificateExtensions {
  const { extensions, signatureAlgorithm } = certificate;
  const types = new Set(extensions.map(({ type }) => type));
  if (types.size !== extensions.length) throw new Error('duplicate extension');
  const only = <T>(kind: new (...parameters: never[]) => T): T | undefined =>
    extensions.find((extension): extension is typeof extension & T => extension instanceof kind);

  const constraints = only(BasicConstraintsExtension);
  const usages = only(KeyUsagesExtension)?.usages;
  return {
    signatureAlgorithm: algorithmName(signatureAlgorithm),
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    keyUsage:
      usages === undefined
        ? undefined
        : new Set(keyUsages.filter((usage) => (usages & KeyUsageFlags[usage]) !== 0)),
    extendedKeyUsages: only(ExtendedKeyUsageExtension)?.usages.map(String) ?? [],
    subjectKeyIdentifier: only(SubjectKeyIdentifierExtension)?.keyId.toLowerCase(),
    authorityKeyIdentifier: only(AuthorityKeyIdentifierExtension)?.keyId?.toLowerCase(),
    policies: [...(only(CertificatePolicyExtension)?.policies ?? [])],
    ocspUrls: (only(AuthorityInfoAccessExtension)?.ocsp ?? [])
      .filter(({ type }) => type === 'url')
      .map(({ value }) => value),
    crlUrls: (only(CRLDistributionPointsExtension)?.distributionPoints ?? [])
      .flatMap(({ distributionPoint }) => distributionPoint?.fullName ?? [])
      .flatMap(({ uniformResourceIdentifier }) => uniformResourceIdentifier ?? []),
    criticalExtensions: new Set(extensions.filter(({ critical }) => critical).map(({ type }) => type)),
  };
}

/** The library's type for algorithms rests on the browser's, which is not there in Node. */
function algorithmName(algorithm: object): string {
  const name = 'name' in algorithm ? String(algorithm.name) : 'unknown';
  // EdDSA on either curve has the same name there; a signature's own name is the curve's (RFC 8410 clause 3).
  if (name === 'EdDSA' && 'namedCurve' in algorithm) return String(algorithm.namedCurve);
  const hash = 'hash' in algorithm && typeof algorithm.hash === 'object' ? algorithm.hash : null;
  return hash === null ? name : `${name}/${algorithmName(hash)}`;
}
