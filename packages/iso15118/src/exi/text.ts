import type { BitReader } from './bit-reader.ts';
import type { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';
import type { KnownTexts } from './known-texts.ts';
import { isPlainText, scratch, SCRATCH_SIZE, scratchBuffer, scratchView } from './scratch.ts';

/** A length of 0 or 1 stands for a hit in a string table (EXI 1.0, 7.3.3); a string's own length follows it. */
const LENGTH_OFFSET = 2;

/** Up to these lengths a string is put together or taken apart here, beyond by the runtime, whose calls cost more. */
const SHORT_READ = 6;
const SHORT_WRITE = 16;

const encoder = new TextEncoder();

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
 * @param known - Strings that it may well be.
 */
export function readText(reader: BitReader, limit: number, what: string, known?: KnownTexts): string {
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
  if (length <= SCRATCH_SIZE) return readPiece(reader, length, what, known);
  let text = '';
  for (let done = 0; done < length; done += SCRATCH_SIZE) {
    text += readPiece(reader, Math.min(length - done, SCRATCH_SIZE), what);
  }
  return text;
}

/** Reads characters all at once as long as they are plain ones, which take an octet each. */
function readPiece(reader: BitReader, length: number, what: string, known?: KnownTexts): string {
  const start = reader.bit;
  if (length * 8 > reader.remaining) return readCodePoints(reader, length, what);
  reader.toScratch(length);
  const constant = known?.inScratch(length);
  if (constant !== undefined) return constant;
  if (!isPlainText(length)) {
    reader.bit = start;
    return readCodePoints(reader, length, what);
  }
  if (length > SHORT_READ) return scratchBuffer.toString('latin1', 0, length);
  let text = '';
  for (let index = 0; index < length; index++) text += String.fromCharCode(scratch[index] ?? 0);
  return text;
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
export function writeText(
  writer: BitWriter,
  text: string,
  limit: number,
  what: string,
  known?: KnownTexts,
): void {
  const octets = text.length <= limit ? known?.octetsOf(text) : undefined;
  if (octets !== undefined) {
    writer.unsigned(text.length + LENGTH_OFFSET);
    writer.copyOctets(octets, text.length);
  } else if (text.length <= limit && plainToScratch(text)) {
    writer.unsigned(text.length + LENGTH_OFFSET);
    writer.copyOctets(scratchView, text.length);
  } else {
    writeCodePoints(writer, text, limit, what);
  }
}

/** Puts a text into the scratch when it fits and {@link isPlainText} holds for it. */
function plainToScratch(text: string): boolean {
  const { length } = text;
  if (length > SCRATCH_SIZE) return false;
  if (length > SHORT_WRITE) {
    return encoder.encodeInto(text, scratch).written === length && isPlainText(length);
  }
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit >= 0x80) return false;
    scratch[index] = unit;
  }
  return true;
}

function writeCodePoints(writer: BitWriter, text: string, limit: number, what: string): void {
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
