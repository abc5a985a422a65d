import type { BitReader } from './bit-reader.ts';
import type { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';

/** Strings up to this length are decoded through one shared buffer; the longer ones get one of their own. */
const SCRATCH_SIZE = 1024;
const scratch = Buffer.alloc(SCRATCH_SIZE);

/** A length of 0 or 1 stands for a hit in a string table (EXI 1.0, 7.3.3); a string's own length follows it. */
const LENGTH_OFFSET = 2;

/** Whether XML 1.0 allows the code point in a document (production Char). */
export function isXmlCharacter(codePoint: number): boolean {
  if (codePoint < 0x20) return codePoint === 0x09 || codePoint === 0x0a || codePoint === 0x0d;
  if (codePoint < 0xd800) return true;
  return codePoint > 0xdfff && codePoint <= 0x10ffff && codePoint !== 0xfffe && codePoint !== 0xffff;
}

/**
 * Reads a string: its length in code points plus 2, then each code point as an unsigned integer (EXI 1.0,
 * 7.1.10).
 * @param limit - The greatest length allowed, in code points.
 */
export function readText(reader: BitReader, limit: number, what: string): string {
  const start = reader.bit;
  const length = reader.unsigned(what) - LENGTH_OFFSET;
  if (length < 0) throw new ExiError('STRING_TABLE', start, `${what} refers to a string table`);
  if (length > limit) {
    throw new ExiError(
      'TOO_LONG',
      start,
      `${what} has ${String(length)} characters, at most ${String(limit)}`,
    );
  }
  // A code point takes an octet at least, so this also bounds what is allocated by the input's size.
  if (length * 8 > reader.remaining) {
    throw new ExiError('TRUNCATED', reader.bit, `the bytes end within ${what}`);
  }
  const body = reader.bit;
  const octets = length <= SCRATCH_SIZE ? scratch : Buffer.allocUnsafe(length);
  reader.copyOctets(octets, length);
  for (let index = 0; index < length; index++) {
    const octet = octets[index] ?? 0;
    if (octet < 0x20 || octet >= 0x80) {
      reader.bit = body;
      return readCodePoints(reader, length, what);
    }
  }
  return octets.toString('latin1', 0, length);
}

function readCodePoints(reader: BitReader, length: number, what: string): string {
  let text = '';
  for (let index = 0; index < length; index++) {
    const start = reader.bit;
    const codePoint = reader.unsigned(what);
    if (!isXmlCharacter(codePoint)) {
      throw new ExiError('CHARACTER', start, `${what} has a character that XML does not allow`);
    }
    text += String.fromCodePoint(codePoint);
  }
  return text;
}

/** Writes a string as {@link readText} reads it. */
export function writeText(writer: BitWriter, text: string, limit: number, what: string): void {
  const length = codePointsOf(text);
  if (length > limit) {
    throw new ExiError(
      'TOO_LONG',
      writer.bit,
      `${what} has ${String(length)} characters, at most ${String(limit)}`,
    );
  }
  writer.unsigned(length + LENGTH_OFFSET);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x20 && unit < 0x80) {
      writer.bits(unit, 8);
      continue;
    }
    const codePoint = text.codePointAt(index) ?? 0;
    if (!isXmlCharacter(codePoint)) {
      throw new ExiError('CHARACTER', writer.bit, `${what} has a character that XML does not allow`);
    }
    writer.unsigned(codePoint);
    if (codePoint > 0xffff) index++;
  }
}

function codePointsOf(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      length--;
      index++;
    }
  }
  return length;
}
