import { ObjectIdentifier } from 'asn1-ts';
import type { CertificateExtensions, KeyUsage } from './certificate-extensions.ts';
import { bitStringOctets, elementsOf, readOnlyElement, type Element } from './revocation/elements.ts';

/** Signature algorithms by the octets of their AlgorithmIdentifier, which has no parameters (RFC 5758, RFC 8410). */
const algorithms: ReadonlyMap<string, string> = new Map([
  ['300a06082a8648ce3d040302', 'ECDSA/SHA-256'],
  ['300a06082a8648ce3d040303', 'ECDSA/SHA-384'],
  ['300a06082a8648ce3d040304', 'ECDSA/SHA-512'],
  ['300506032b6571', 'Ed448'],
]);

/** In the order of their bits (RFC 5280 clause 4.2.1.3). */
const usages: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
];

const universal = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  oid: 6,
  sequence: 16,
  set: 17,
} as const;

/** UTF8String, PrintableString and IA5String: what names are written in (RFC 5280 clause 4.1.2.4, RFC 4519 for domains). */
const texts: ReadonlySet<number> = new Set([12, 19, 22]);

/** What an extension adds to what is known. */
type Found = { -readonly [Name in keyof CertificateExtensions]: CertificateExtensions[Name] };

/**
 * Reads the extensions of a certificate that is written as nearly all are: version 3, one of our signature algorithms, each
 * extension in its plain form. That takes a twentieth of what the library takes, which reads whatever is allowed.
 *
 * @returns undefined for anything out of the ordinary, malformed or not: it is the library's to say what that is
 */
export function readPlainExtensions(der: Uint8Array): CertificateExtensions | undefined {
  try {
    return read(der);
  } catch {
    return undefined;
  }
}

function read(der: Uint8Array): CertificateExtensions {
  const [tbs, algorithm, signature] = sequence(readOnlyElement(der), 3);
  bitStringOctets(of(signature, universal.bitString));
  const signatureAlgorithm = algorithms.get(hexadecimal(algorithm.raw));
  if (signatureAlgorithm === undefined) throw unusual;
  const fields = elementsOf(tbs);
  const [version, serial, inner, issuer, validity, subject, key] = fields;
  const last = fields.at(-1);
  // Version, serial number, algorithm, issuer, validity, subject, key, extensions.
  if (fields.length !== 8 || version?.context !== 0 || last?.context !== 3 || inner === undefined)
    throw unusual;
  if (Buffer.compare(inner.raw, algorithm.raw) !== 0) throw unusual;
  of(serial, universal.integer);
  for (const name of [issuer, subject]) checkName(name);
  sequence(validity, 2);
  of(sequence(key, 2)[1], universal.bitString);
  const found: Found = {
    signatureAlgorithm,
    isCa: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsages: [],
    subjectKeyIdentifier: undefined,
    authorityKeyIdentifier: undefined,
    policies: [],
    ocspUrls: [],
    crlUrls: [],
    criticalExtensions: new Set(),
  };
  const seen = new Set<string>();
  const critical = new Set<string>();
  for (const extension of sequence(only(elementsOf(last)))) {
    const parts = sequence(extension);
    const type = identifier(parts[0]);
    if (seen.has(type)) throw unusual;
    seen.add(type);
    if (parts.length === 3 && isTrue(parts[1])) critical.add(type);
    else if (parts.length !== 2) throw unusual;
    const value = readOnlyElement(of(parts.at(-1), universal.octetString).value);
    const reader = readers[type];
    // The library refuses a malformed name or policy mapping too, which nobody here reads.
    if (reader === undefined) throw unusual;
    reader(value, found);
  }
  return { ...found, criticalExtensions: critical };
}

const readers: Readonly<Record<string, (value: Element, found: Found) => void>> = {
  // Subject key identifier.
  '2.5.29.14': (value, found) => {
    found.subjectKeyIdentifier = hexadecimal(of(value, universal.octetString).value);
  },
  // Key usage.
  '2.5.29.15': (value, found) => {
    const [unused = 8, bits = 0, ...more] = of(value, universal.bitString).value;
    if (unused > 7 || more.length > 0 || (bits & ((1 << unused) - 1)) !== 0) throw unusual;
    found.keyUsage = new Set(usages.filter((_, index) => (bits & (0x80 >> index)) !== 0));
  },
  // Basic constraints.
  '2.5.29.19': (value, found) => {
    const [ca, length, ...more] = sequence(value);
    if (more.length > 0) throw unusual;
    if (ca === undefined) return;
    if (!isTrue(ca)) throw unusual;
    found.isCa = true;
    if (length === undefined) return;
    const [small = 0x80, ...rest] = of(length, universal.integer).value;
    if (small > 0x7f || rest.length > 0) throw unusual;
    found.pathLength = small;
  },
  // CRL distribution points: each an address and nothing else.
  '2.5.29.31': (value, found) => {
    found.crlUrls = sequence(value).map((point) => {
      const name = context(only(sequence(point)), 0);
      const full = context(only(elementsOf(name)), 0);
      return address(only(elementsOf(full)));
    });
  },
  // Certificate policies.
  '2.5.29.32': (value, found) => {
    found.policies = sequence(value).map((policy) => identifier(only(sequence(policy))));
  },
  // Authority key identifier: the key's, without issuer and serial number.
  '2.5.29.35': (value, found) => {
    const key = context(only(sequence(value)), 0);
    if (key.constructed) throw unusual;
    found.authorityKeyIdentifier = hexadecimal(key.value);
  },
  // Extended key usage.
  '2.5.29.37': (value, found) => {
    found.extendedKeyUsages = sequence(value).map(identifier);
  },
  // Authority information access.
  '1.3.6.1.5.5.7.1.1': (value, found) => {
    found.ocspUrls = sequence(value).flatMap((description) => {
      const [method, location] = sequence(description, 2);
      const url = address(location);
      return identifier(method) === '1.3.6.1.5.5.7.48.1' ? [url] : [];
    });
  },
};

const unusual = new Error('not as it usually is');

/** An element of that type, which holds others if it is a sequence or a set and octets if it is anything else. */
function of(element: Element | undefined, tag: number): Element {
  if (element?.universal !== tag) throw unusual;
  if (element.constructed !== (tag === universal.sequence || tag === universal.set)) throw unusual;
  return element;
}

/** Node reads a name that is malformed in places; the library does not. */
function checkName(name: Element | undefined): void {
  for (const part of sequence(name)) {
    const [type, text] = sequence(only(elementsOf(of(part, universal.set))), 2);
    of(type, universal.oid);
    if (text.universal === undefined || !texts.has(text.universal)) throw unusual;
    of(text, text.universal);
  }
}

function sequence(element: Element | undefined): Element[];
function sequence(element: Element | undefined, length: 2): [Element, Element];
function sequence(element: Element | undefined, length: 3): [Element, Element, Element];
function sequence(element: Element | undefined, length?: number): Element[] {
  const elements = elementsOf(of(element, universal.sequence));
  if (length !== undefined && elements.length !== length) throw unusual;
  return elements;
}

function context(element: Element, tag: number): Element {
  if (element.context !== tag) throw unusual;
  return element;
}

function only(elements: readonly Element[]): Element {
  const [element, ...more] = elements;
  if (element === undefined || more.length > 0) throw unusual;
  return element;
}

function isTrue(element: Element | undefined): boolean {
  const { value } = of(element, universal.boolean);
  return value.length === 1 && value[0] === 0xff;
}

function identifier(element: Element | undefined): string {
  const { value } = of(element, universal.oid);
  const key = hexadecimal(value);
  const known = identifiers.get(key);
  if (known !== undefined) return known;
  const text = ObjectIdentifier.fromBytes(value).toString();
  // Few are in use; what somebody makes up is not kept.
  if (identifiers.size < 100) identifiers.set(key, text);
  return text;
}

const identifiers = new Map<string, string>();

/** A general name that is an address in ASCII. */
function address(element: Element): string {
  const { value, constructed } = context(element, 6);
  if (constructed || value.some((octet) => octet > 0x7f)) throw unusual;
  return Buffer.from(value).toString('latin1');
}

const hexadecimal = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex');
