import { createHash } from 'node:crypto';
import type { Certificate } from '../certificate.ts';
import { parseDistinguishedName, distinguishedNameKey } from '../distinguished-name.ts';
import { Name } from '../x509.ts';
import { bitStringOctets, elementsOf, readOnlyElement, type Element } from './elements.ts';

/** Octets of a certificate that OCSP and CRLs compare. */
export interface CertificateOctets {
  /** The issuer's name in DER. */
  readonly issuer: Uint8Array;
  /** The subject's name in DER. */
  readonly subject: Uint8Array;
  /** SHA-1 over the public key's BIT STRING without tag, length and unused bits (RFC 6960 clause 4.1.1). */
  readonly keyHash: Buffer;
}

const known = new WeakMap<Certificate, CertificateOctets>();

/** Reads them as they stand in the certificate, not as they would be encoded again. */
export function octetsOf(certificate: Certificate): CertificateOctets {
  const kept = known.get(certificate);
  if (kept !== undefined) return kept;
  const [tbs] = elementsOf(readOnlyElement(certificate.der));
  const fields = elementsOf(present(tbs));
  // TBSCertificate: [0] version (absent in version 1), serial number, signature, issuer, validity, subject, key.
  const [, , issuer, , subject, key] = fields[0]?.context === 0 ? fields.slice(1) : fields;
  const [, bits] = elementsOf(present(key));
  const octets = {
    issuer: present(issuer).raw,
    subject: present(subject).raw,
    keyHash: sha1(bitStringOctets(present(bits))),
  };
  known.set(certificate, octets);
  return octets;
}

/** What RFC 6960 and its responders identify issuers by; nothing rests on its strength. */
export function sha1(octets: Uint8Array): Buffer {
  return createHash('sha1').update(octets).digest();
}

/** True if two names in DER are one, by RFC 5280 clause 7.1: however their values are spelt and encoded. */
export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  if (Buffer.compare(a, b) === 0) return true;
  const [left, right] = [nameKey(a), nameKey(b)];
  return left !== undefined && left === right;
}

function nameKey(der: Uint8Array): string | undefined {
  const name = parseDistinguishedName(new Name(der).toString());
  return name === undefined ? undefined : distinguishedNameKey(name);
}

function present(element: Element | undefined): Element {
  if (element === undefined) throw new Error('an element is missing');
  return element;
}
