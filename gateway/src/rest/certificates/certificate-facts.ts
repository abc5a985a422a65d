import { createHash } from 'node:crypto';
import { parseDistinguishedName, type Certificate } from '@chargegraph/pki';

/** A name as OPCP writes it: RFC 4514 with a blank after each comma between its parts. */
export const opcpName = (name: string): string => name.replace(/(?<!\\),/g, ', ');

/** A serial number as OPCP writes it: lower-case hexadecimal without leading zeros. */
export const opcpSerialNumber = ({ serialNumber }: Pick<Certificate, 'serialNumber'>): string =>
  serialNumber.toString(16);

/** The key identifier that a certificate gives itself; the SHA-1 of its key, as RFC 5280 has it, where it gives none. */
export function keyIdentifier(certificate: Certificate): Buffer {
  const { subjectKeyIdentifier, publicKey } = certificate;
  if (subjectKeyIdentifier !== undefined) return Buffer.from(subjectKeyIdentifier, 'hex');
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

/** Octets as OPCP writes key identifiers: upper-case hexadecimal, joined by colons. */
export const withColons = (octets: Buffer): string =>
  (octets.toString('hex').toUpperCase().match(/../g) ?? []).join(':');

const organisationType = '2.5.4.10';

/** The organisation in a certificate's subject. */
export function organisationOf({ subject }: Pick<Certificate, 'subject'>): string | undefined {
  const attributes = (parseDistinguishedName(subject) ?? []).flat();
  return attributes.find(({ type }) => type === organisationType)?.value;
}
