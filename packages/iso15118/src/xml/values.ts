import { MAX_INTEGER_GROUPS } from '../exi/integer.ts';
import type { XmlElement } from './document.ts';
import { ElementReader, refuseAt } from './element-reader.ts';
import { collapse } from './white-space.ts';

/** White space of XML 1.0 (production S), which base64 may be broken with. */
const WHITE_SPACE = /[ \t\n\r]+/g;

/** Digits of the greatest integer that EXI is written with here, and many leading zeros. */
const MAX_DIGITS = 200;

/** The text of an element without attributes, as it stands: white space of an xs:string is part of it. */
export function readText(element: XmlElement): string {
  return new ElementReader(element).text();
}

/** The same of at most `limit` characters. */
export function readTextUpTo(limit: number) {
  return (element: XmlElement): string => {
    const text = readText(element);
    // A character is one or two units.
    const length = text.length > 2 * limit ? text.length : Array.from(text).length;
    if (length > limit) refuseAt(element, 'TOO_LONG', `has more than ${String(limit)} characters`);
    return text;
  };
}

/** xs:base64Binary of an element without attributes, at most `limit` octets. */
export function readBase64UpTo(limit: number) {
  return (element: XmlElement): Uint8Array => base64Of(element, readText(element), limit);
}

/** Base64 (RFC 4648, 4), padded, with line breaks wherever they are. */
export function base64Of(element: XmlElement, content: string, limit: number): Uint8Array {
  const octets = fromBase64(content);
  if (octets === undefined) refuseAt(element, 'XML_VALUE', 'must be base64');
  if (octets.length > limit) {
    refuseAt(element, 'TOO_LONG', `has ${String(octets.length)} octets, at most ${String(limit)}`);
  }
  return octets;
}

/** The octets of a base64 text with line breaks wherever they are; undefined when it is none. */
export function fromBase64(content: string): Uint8Array | undefined {
  const text = content.replace(WHITE_SPACE, '');
  const decoded = Buffer.from(text, 'base64');
  return decoded.toString('base64') === text ? new Uint8Array(decoded) : undefined;
}

/** xs:hexBinary of an element without attributes, at most `limit` octets. */
export function readHexUpTo(limit: number) {
  return (element: XmlElement): Uint8Array => {
    const text = collapse(readText(element));
    if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
      refuseAt(element, 'XML_VALUE', 'must be hexadecimal, two digits an octet');
    }
    if (text.length > 2 * limit) {
      refuseAt(element, 'TOO_LONG', `has ${String(text.length / 2)} octets, at most ${String(limit)}`);
    }
    return new Uint8Array(Buffer.from(text, 'hex'));
  };
}

/** xs:integer of an element without attributes, as large as an EXI integer may be here. */
export function readInteger(element: XmlElement): bigint {
  const text = collapse(readText(element));
  if (!/^[+-]?\d+$/.test(text)) refuseAt(element, 'XML_VALUE', 'must be an integer');
  if (text.length > MAX_DIGITS) refuseAt(element, 'INTEGER_RANGE', 'is too large an integer');
  const value = BigInt(text.replace('+', ''));
  if (!isEncodable(value)) refuseAt(element, 'INTEGER_RANGE', 'is too large an integer');
  return value;
}

/** Whether EXI can be written with an integer here, so that both forms hold the same messages. */
export function isEncodable(value: bigint): boolean {
  const magnitude = value < 0n ? -value - 1n : value;
  return magnitude >> BigInt(7 * MAX_INTEGER_GROUPS) === 0n;
}

/** One of the values of an enumeration, in an element without attributes. */
export function readOneOf<Value extends string>(values: readonly Value[]) {
  return (element: XmlElement): Value => {
    const text = collapse(readText(element));
    const found = values.find((value) => value === text);
    if (found === undefined) refuseAt(element, 'ENUMERATION', `must be one of ${values.join(', ')}`);
    return found;
  };
}
