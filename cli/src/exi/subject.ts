import { X509Certificate } from 'node:crypto';

/**
 * OpenSSL's short names of attribute types that RFC 4514, section 3, gives no name, or another; dotted there.
 */
const attributeTypes = new Map([
  ['emailAddress', '1.2.840.113549.1.9.1'],
  ['unstructuredName', '1.2.840.113549.1.9.2'],
  ['SN', '2.5.4.4'],
  ['serialNumber', '2.5.4.5'],
  ['street', 'STREET'],
  ['title', '2.5.4.12'],
  ['description', '2.5.4.13'],
  ['businessCategory', '2.5.4.15'],
  ['postalCode', '2.5.4.17'],
  ['name', '2.5.4.41'],
  ['GN', '2.5.4.42'],
  ['initials', '2.5.4.43'],
  ['generationQualifier', '2.5.4.44'],
  ['dnQualifier', '2.5.4.46'],
  ['pseudonym', '2.5.4.65'],
  ['organizationIdentifier', '2.5.4.97'],
]);

/**
 * A certificate's subject as RFC 4514 writes names: the most specific part first, parts joined by commas.
 * @param certificate - DER.
 * @returns undefined when it cannot be read.
 */
export function subjectOf(certificate: Uint8Array): string | undefined {
  const subject = readSubject(certificate);
  if (subject === undefined) return undefined;
  // One relative name a line, in the order of encoding, values escaped as RFC 2253 has it.
  return subject
    .split('\n')
    .reverse()
    .map((relativeName) => relativeName.replace(/^[^=]+/, (type) => attributeTypes.get(type) ?? type))
    .join(',');
}

function readSubject(certificate: Uint8Array): string | undefined {
  try {
    return orEmpty(new X509Certificate(certificate).subject);
  } catch {
    return undefined;
  }
}

/** Node leaves the text out, whatever its types say, when the name is empty. */
function orEmpty(text: string | undefined): string {
  return text ?? '';
}
