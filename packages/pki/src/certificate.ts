import { hash, X509Certificate as NodeCertificate, type KeyObject } from 'node:crypto';
import {
  attributeValues,
  distinguishedNameKey,
  formatDistinguishedName,
  parseDistinguishedName,
  type DistinguishedName,
} from './distinguished-name.ts';
import { commonNameType, domainComponentType } from './attribute-types.ts';
import { readExtensions, type CertificateExtensions, type KeyUsage } from './certificate-extensions.ts';
import { decodeCertificate } from './certificate-input.ts';
import { LruMap } from './lru-map.ts';
import { invalidCertificate } from './invalid-certificate.ts';

/** The curve or kind of a public key; anything else is named as node:crypto names it, e.g. `rsa`. */
export type KeyCurve = 'P-256' | 'P-384' | 'P-521' | 'Ed448' | 'X448' | (string & {});

/**
 * One X.509 certificate, read only. Extensions and public key are read at the first use of a member that needs
 * them; a malformed one throws ChargeGraphError('CERTIFICATE_INVALID') there.
 */
export interface Certificate {
  /** The certificate's DER octets. Not to be written to: whoever reads the same certificate may be given them too. */
  readonly der: Uint8Array;
  /** Length of {@link der} in octets. */
  readonly size: number;
  /** SHA-256 over {@link der}, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Subject as an RFC 4514 string. */
  readonly subject: string;
  /** Issuer as an RFC 4514 string. */
  readonly issuer: string;
  /** Equal exactly for certificates whose subject equals another's {@link issuerKey} (RFC 5280 clause 7.1). */
  readonly subjectKey: string;
  /** See {@link subjectKey}. */
  readonly issuerKey: string;
  /** The subject's common name as the certificate spells it; undefined if it has none or several. */
  readonly commonName: string | undefined;
  /** The subject's domain components, most specific first. */
  readonly domainComponents: readonly string[];
  readonly serialNumber: bigint;
  /** Valid from this instant on. */
  readonly notBefore: Date;
  /** Valid until this instant. */
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly curve: KeyCurve;
  /** Signature algorithm and hash, e.g. `ECDSA/SHA-256`; `Ed448`, which has no hash to choose. */
  readonly signatureAlgorithm: string;
  /** Basic constraints: true for a CA; false too if the extension is missing. */
  readonly isCa: boolean;
  /** Basic constraints: how many CAs may follow below; undefined if unlimited. */
  readonly pathLength: number | undefined;
  /** Undefined if the extension is missing. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** Extended key usages, as dotted object identifiers; none too if the extension is missing. */
  readonly extendedKeyUsages: readonly string[];
  /** Lower-case hexadecimal digits. */
  readonly subjectKeyIdentifier: string | undefined;
  /** Lower-case hexadecimal digits. */
  readonly authorityKeyIdentifier: string | undefined;
  /** Certificate policies, as dotted object identifiers. */
  readonly policies: readonly string[];
  /** Addresses of OCSP responders (authority information access), as they stand. */
  readonly ocspUrls: readonly string[];
  /** Addresses of CRLs (distribution points), as they stand. */
  readonly crlUrls: readonly string[];
  /** Object identifiers of the extensions marked critical. */
  readonly criticalExtensions: ReadonlySet<string>;
  /**
   * True if the certificate's signature was made with `issuer`'s key. Says nothing about names, dates or
   * constraints: that is {@link verifyChain}'s. Not cached.
   */
  isSignedBy(issuer: Certificate): boolean;
}

/**
 * Reads exactly one certificate, from DER octets or from text: PEM, or DER in base64, in one line or wrapped.
 * Nothing may stand before or behind it, and 16 KiB of DER is the most that is looked at. The same certificate gives the
 * same object, as long as it is among the {@link keptCertificates} read last.
 *
 * @throws ChargeGraphError('CERTIFICATE_INVALID') with a sentence that says what is wrong
 */
export function parseCertificate(input: Uint8Array | string): Certificate {
  const der = decodeCertificate(input);
  const fingerprint = hash('sha256', der, 'hex');
  const known = knownCertificates.get(fingerprint);
  if (known !== undefined) return known;
  // A copy, which nobody can change behind its fingerprint's back.
  const certificate = new ParsedCertificate(Uint8Array.from(der), fingerprint);
  knownCertificates.set(fingerprint, certificate);
  return certificate;
}

/** So many certificates are kept read, about 12 KiB each: see {@link parseCertificate}. */
export const keptCertificates = 2_000;

/**
 * Certificates that were read before. Reading one takes longer than verifying a signature, and the same sub-CAs and signers
 * come with every car and contract; a car's own comes from the car, from its pool's table, and from there to whoever asks for
 * it. Only what stands in the octets is kept, which neither a clock nor anybody's word changes: what is refused is refused
 * anew each time, and whether a certificate holds is asked anew each time.
 */
const knownCertificates = new LruMap<string, Certificate>(keptCertificates);

const pemTexts = new WeakMap<Certificate, string>();

/** The certificate as PEM, with a line end after the last line. */
export function toPem(certificate: Certificate): string {
  let text = pemTexts.get(certificate);
  if (text === undefined) pemTexts.set(certificate, (text = writePem(certificate)));
  return text;
}

function writePem({ der }: Certificate): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const curveNames: Readonly<Record<string, KeyCurve>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  ed448: 'Ed448',
  x448: 'X448',
};

class ParsedCertificate implements Certificate {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  readonly serialNumber: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly #node: NodeCertificate;
  readonly #subject: DistinguishedName;
  readonly #issuer: DistinguishedName;
  #subjectKey: string | undefined;
  #issuerKey: string | undefined;
  #publicKey: KeyObject | undefined;
  #extensions: CertificateExtensions | undefined;

  constructor(der: Uint8Array, fingerprint: string) {
    this.der = der;
    this.fingerprint = fingerprint;
    this.#node = readStructure(der);
    this.serialNumber = readSerialNumber(this.#node.serialNumber);
    this.notBefore = readDate(this.#node.validFrom);
    this.notAfter = readDate(this.#node.validTo);
    this.#subject = readName(this.#node.subject);
    this.#issuer = readName(this.#node.issuer);
  }

  get size(): number {
    return this.der.length;
  }

  get subject(): string {
    return formatDistinguishedName(this.#subject);
  }

  get issuer(): string {
    return formatDistinguishedName(this.#issuer);
  }

  get subjectKey(): string {
    return (this.#subjectKey ??= distinguishedNameKey(this.#subject));
  }

  get issuerKey(): string {
    return (this.#issuerKey ??= distinguishedNameKey(this.#issuer));
  }

  get commonName(): string | undefined {
    const values = attributeValues(this.#subject, commonNameType);
    return values.length === 1 ? values[0] : undefined;
  }

  get domainComponents(): readonly string[] {
    return attributeValues(this.#subject, domainComponentType);
  }

  get publicKey(): KeyObject {
    try {
      return (this.#publicKey ??= this.#node.publicKey);
    } catch (cause) {
      throw invalidCertificate('its public key cannot be read', cause);
    }
  }

  get curve(): KeyCurve {
    const { asymmetricKeyType = 'unknown', asymmetricKeyDetails } = this.publicKey;
    const name = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType;
    return curveNames[name] ?? name;
  }

  get signatureAlgorithm(): string {
    return this.#details().signatureAlgorithm;
  }

  get isCa(): boolean {
    return this.#details().isCa;
  }

  get pathLength(): number | undefined {
    return this.#details().pathLength;
  }

  get keyUsage(): ReadonlySet<KeyUsage> | undefined {
    return this.#details().keyUsage;
  }

  get extendedKeyUsages(): readonly string[] {
    return this.#details().extendedKeyUsages;
  }

  get subjectKeyIdentifier(): string | undefined {
    return this.#details().subjectKeyIdentifier;
  }

  get authorityKeyIdentifier(): string | undefined {
    return this.#details().authorityKeyIdentifier;
  }

  get policies(): readonly string[] {
    return this.#details().policies;
  }

  get ocspUrls(): readonly string[] {
    return this.#details().ocspUrls;
  }

  get crlUrls(): readonly string[] {
    return this.#details().crlUrls;
  }

  get criticalExtensions(): ReadonlySet<string> {
    return this.#details().criticalExtensions;
  }

  isSignedBy(issuer: Certificate): boolean {
    try {
      return this.#node.verify(issuer.publicKey);
    } catch {
      // A key of another kind than the signature's makes OpenSSL throw instead of saying no.
      return false;
    }
  }

  #details(): CertificateExtensions {
    return (this.#extensions ??= extensionsOf(this.fingerprint, this.der));
  }
}

/**
 * Extensions cost several times what the rest of a certificate does, and the same sub-CAs and cars come again and
 * again as new octets; what was read is kept by fingerprint (a few hundred octets each).
 */
const knownExtensions = new LruMap<string, CertificateExtensions>(10_000);

function extensionsOf(fingerprint: string, der: Uint8Array): CertificateExtensions {
  const known = knownExtensions.get(fingerprint);
  if (known !== undefined) return known;
  const extensions = readExtensions(der);
  knownExtensions.set(fingerprint, extensions);
  return extensions;
}

function readStructure(der: Uint8Array): NodeCertificate {
  let certificate: NodeCertificate;
  try {
    certificate = new NodeCertificate(der);
  } catch (cause) {
    throw invalidCertificate('it is not an X.509 certificate in DER', cause);
  }
  // The parser stops at the certificate's end and re-encodes it: what differs was left over or no DER.
  if (!certificate.raw.equals(der)) throw invalidCertificate('octets follow it or its encoding is not DER');
  return certificate;
}

/** node:crypto writes a name one relative name a line, general first, each escaped as RFC 2253 has it. */
function readName(lines: string | undefined): DistinguishedName {
  const name = parseDistinguishedName((lines ?? '').split('\n').reverse().join(','));
  if (name === undefined) throw invalidCertificate('a distinguished name in it cannot be read');
  return name;
}

function readSerialNumber(hexadecimal: string): bigint {
  const magnitude = BigInt(`0x${hexadecimal.replace('-', '')}`);
  return hexadecimal.startsWith('-') ? -magnitude : magnitude;
}

function readDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw invalidCertificate('a date in it cannot be read');
  return date;
}
