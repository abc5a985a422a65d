import { randomBytes, webcrypto } from 'node:crypto';
import type { KeyUsage } from './certificate-extensions.ts';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  type Extension,
} from './x509.ts';

/** The attributes of a subject, in the order in which they are written. */
export interface Subject {
  readonly commonName?: string;
  readonly organization?: string;
  /** Two letters (ISO 3166-1). */
  readonly country?: string;
  readonly domainComponent?: string;
}

/** The extensions of a certificate to be. */
export interface ExtensionRequest {
  /** A CA with this path length; `false` turns the CA flag off; undefined leaves basic constraints out. */
  readonly ca?: false | { readonly pathLength?: number };
  /** Left out if undefined. */
  readonly keyUsage?: readonly KeyUsage[];
  /** The issuer's subject key identifier, hexadecimal; left out if undefined. */
  readonly authorityKeyIdentifier?: string;
  /** Addresses of OCSP responders (authority information access); left out if there are none. */
  readonly ocspUrls?: readonly string[];
  /** Addresses of CRLs, a distribution point each; left out if there are none. */
  readonly crlUrls?: readonly string[];
  /** Extended key usages as dotted object identifiers, not critical; left out if there are none. */
  readonly extendedKeyUsages?: readonly string[];
}

/**
 * Extensions with a subject key identifier; basic constraints and key usage are critical.
 *
 * @param spki the public key that is certified, SubjectPublicKeyInfo in DER
 */
export async function toExtensions(request: ExtensionRequest, spki: Buffer): Promise<Extension[]> {
  const {
    ca,
    keyUsage,
    authorityKeyIdentifier,
    ocspUrls = [],
    crlUrls = [],
    extendedKeyUsages = [],
  } = request;
  const extensions: Extension[] = [];
  if (ca !== undefined) {
    extensions.push(
      new BasicConstraintsExtension(ca !== false, ca === false ? undefined : ca.pathLength, true),
    );
  }
  if (keyUsage !== undefined) {
    const flags = keyUsage.reduce((sum, usage) => sum | KeyUsageFlags[usage], 0);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the library types a set of flags as one flag
    extensions.push(new KeyUsagesExtension(flags, true));
  }
  extensions.push(await SubjectKeyIdentifierExtension.create(spki, false, webcrypto));
  if (authorityKeyIdentifier !== undefined) {
    extensions.push(new AuthorityKeyIdentifierExtension(authorityKeyIdentifier));
  }
  if (extendedKeyUsages.length > 0) extensions.push(new ExtendedKeyUsageExtension([...extendedKeyUsages]));
  if (ocspUrls.length > 0) extensions.push(new AuthorityInfoAccessExtension({ ocsp: [...ocspUrls] }));
  if (crlUrls.length > 0) extensions.push(new CRLDistributionPointsExtension([...crlUrls]));
  return extensions;
}

/** String types as RFC 5280 appendix A has them: printable country, IA5 domain component, UTF-8 else. */
export function toName(subject: Subject): Name {
  const { commonName, organization, country, domainComponent } = subject;
  return new Name([
    ...(commonName === undefined ? [] : [{ CN: [{ utf8String: commonName }] }]),
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    ...(country === undefined ? [] : [{ C: [{ printableString: country }] }]),
    ...(domainComponent === undefined ? [] : [{ DC: [{ ia5String: domainComponent }] }]),
  ]);
}

/** Hexadecimal digits of a serial number: positive, 20 random octets. */
export function randomSerial(): string {
  const octets = randomBytes(20);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.toString('hex');
}

/** The instant without its milliseconds, which no certificate has room for. */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
