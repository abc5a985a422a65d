import { showBase64, showHex } from '../json/show.ts';
import type { XmlName } from './names.ts';
import { isEncodable } from './values.ts';
import type { XmlAttributeValue, XmlWriter } from './writer.ts';

/** An element with base64, at most `limit` octets. */
export function writeBase64(
  writer: XmlWriter,
  name: XmlName,
  octets: Uint8Array,
  limit: number,
  attributes: readonly XmlAttributeValue[] = [],
): void {
  checkLength(writer, name, octets.length, limit, 'octets');
  writer.leaf(name, showBase64(octets), attributes);
}

/** An element with upper-case hexadecimal, at most `limit` octets. */
export function writeHex(writer: XmlWriter, name: XmlName, octets: Uint8Array, limit: number): void {
  checkLength(writer, name, octets.length, limit, 'octets');
  writer.leaf(name, showHex(octets));
}

/** An element with text of at most `limit` characters. */
export function writeText(
  writer: XmlWriter,
  name: XmlName,
  text: string,
  limit: number,
  attributes: readonly XmlAttributeValue[] = [],
): void {
  checkLength(writer, name, Array.from(text).length, limit, 'characters');
  writer.leaf(name, text, attributes);
}

/** An element with one of the values of an enumeration. */
export function writeOneOf<Value extends string>(
  writer: XmlWriter,
  name: XmlName,
  value: Value,
  values: readonly Value[],
): void {
  if (!values.includes(value)) writer.refuse('ENUMERATION', 'has no such value', name);
  writer.leaf(name, value);
}

/** An element with an integer. */
export function writeInteger(writer: XmlWriter, name: XmlName, value: bigint): void {
  if (!isEncodable(value)) writer.refuse('INTEGER_RANGE', 'is too large an integer', name);
  writer.leaf(name, value.toString());
}

/** Refuses an empty list and one of more than `limit` in the element that is open. */
export function checkCount(writer: XmlWriter, count: number, limit: number): void {
  if (count < 1 || count > limit) {
    writer.refuse('COUNT', `has ${String(count)} entries, 1 to ${String(limit)}`);
  }
}

function checkLength(writer: XmlWriter, name: XmlName, length: number, limit: number, unit: string): void {
  if (length > limit) {
    writer.refuse('TOO_LONG', `has ${String(length)} ${unit}, at most ${String(limit)}`, name);
  }
}
