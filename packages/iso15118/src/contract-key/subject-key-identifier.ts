import { ContractKeyError } from './error.ts';

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const BOOLEAN = 0x01;
const SEQUENCE = 0x30;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** 2.5.29.14 (RFC 5280, 4.2.1.2). */
const SUBJECT_KEY_IDENTIFIER = 'VR0O';
/** The longest definite length that a certificate of ours could have, in octets after the first. */
const MAX_LENGTH_OCTETS = 4;

/** One element of DER: its tag and where its content lies. */
interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * The key identifier in a certificate's subjectKeyIdentifier extension (RFC 5280, 4.2.1.2).
 * @param certificate - DER.
 * @throws {@link ContractKeyError} `CERTIFICATE` when it does not parse or has no such extension.
 */
export function subjectKeyIdentifierOf(certificate: Uint8Array): Uint8Array {
  const tbsCertificate = contentOf(contentOf(certificate, SEQUENCE), SEQUENCE);
  const fields = elementsOf(tbsCertificate);
  const serial = fields[fields[0]?.tag === VERSION ? 1 : 0];
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  if (serial?.tag !== INTEGER || extensions === undefined) throw noIdentifier();
  for (const extension of elementsOf(contentOf(extensions.content, SEQUENCE))) {
    const [type, second, third] = elementsOf(extension.content);
    if (type?.tag !== OBJECT_IDENTIFIER) throw noIdentifier();
    if (Buffer.from(type.content).toString('base64') !== SUBJECT_KEY_IDENTIFIER) continue;
    const value = second?.tag === BOOLEAN ? third : second;
    if (value?.tag !== OCTET_STRING) throw noIdentifier();
    return Uint8Array.from(contentOf(value.content, OCTET_STRING));
  }
  throw noIdentifier();
}

/** The content of the first element, which must have the tag. */
function contentOf(der: Uint8Array, tag: number): Uint8Array {
  const [element] = readElement(der, 0);
  if (element.tag !== tag) throw noIdentifier();
  return element.content;
}

function elementsOf(der: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < der.length;) {
    const [element, end] = readElement(der, offset);
    elements.push(element);
    offset = end;
  }
  return elements;
}

/** The element at an offset and the offset after it (X.690, 8.1). */
function readElement(der: Uint8Array, offset: number): readonly [DerElement, number] {
  const tag = der[offset];
  let length = der[offset + 1];
  if (tag === undefined || length === undefined) throw noIdentifier();
  let start = offset + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets === 0 || octets > MAX_LENGTH_OCTETS || start + octets > der.length) throw noIdentifier();
    length = 0;
    for (const octet of der.subarray(start, start + octets)) length = length * 0x100 + octet;
    start += octets;
  }
  const end = start + length;
  if (end > der.length) throw noIdentifier();
  return [{ tag, content: der.subarray(start, end) }, end];
}

function noIdentifier(): ContractKeyError {
  return new ContractKeyError(
    'CERTIFICATE',
    'the contract certificate has no readable subject key identifier',
  );
}
