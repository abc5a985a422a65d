import type { BitReader } from './bit-reader.ts';
import type { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';
import { scratch, scratchView } from './scratch.ts';

/**
 * Octets that an integer's magnitude may take. X.509 serial numbers have 20 octets, which take 23; twice that
 * leaves room for certificates that break the rule, and keeps the work of a hostile one small.
 */
export const MAX_INTEGER_GROUPS = 46;
const MAX_INTEGER_BITS = BigInt(7 * MAX_INTEGER_GROUPS);
const MAX_SAFE_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

/** Seven groups of 7 bits stay below 2^53. */
const GROUPS_PER_PART = 7;
const PART_BITS = 49n;

const MAX_UNSIGNED_64 = 0xffff_ffff_ffff_ffffn;

/**
 * Where a magnitude lies while it is cut into groups or put together from them, least significant octet first: every
 * operation on a bigint makes a new one, so there shall be few. Room for all groups and a word of zeros.
 */
const magnitudeView = new DataView(new ArrayBuffer(56));
const WORD_BITS = 64n;

/**
 * Reads an integer of any size: a sign bit, then the magnitude as an unsigned integer, less one when negative
 * (EXI 1.0, 7.1.5).
 */
export function readInteger(reader: BitReader, what: string): bigint {
  const start = reader.bit;
  const negative = reader.bits(1, what) === 1;
  let word = 0;
  let bits = 0;
  let offset = 0;
  for (let group = 0; group < MAX_INTEGER_GROUPS; group++) {
    const octet = reader.bits(8, what);
    word |= (octet & 0x7f) << bits;
    bits += 7;
    if (bits >= 32) {
      magnitudeView.setUint32(offset, word, true);
      offset += 4;
      bits -= 32;
      word = (octet & 0x7f) >>> (7 - bits);
    }
    if (octet < 0x80) {
      const magnitude = offset === 0 ? BigInt(word) : magnitudeOf(offset, word);
      return negative ? -magnitude - 1n : magnitude;
    }
  }
  throw new ExiError('INTEGER_RANGE', start, `${what} is too large an integer`);
}

/** The magnitude that lies in {@link magnitudeView} up to `offset` and ends with `word`. */
function magnitudeOf(offset: number, word: number): bigint {
  magnitudeView.setUint32(offset, word, true);
  magnitudeView.setUint32(offset + 4, 0, true);
  let at = offset & ~7;
  let magnitude = magnitudeView.getBigUint64(at, true);
  while (at > 0) {
    at -= 8;
    magnitude = (magnitude << WORD_BITS) | magnitudeView.getBigUint64(at, true);
  }
  return magnitude;
}

/** Writes an integer as {@link readInteger} reads it. */
export function writeInteger(writer: BitWriter, value: bigint, what: string): void {
  const negative = value < 0n;
  const magnitude = negative ? -value - 1n : value;
  if (magnitude <= MAX_SAFE_INTEGER) {
    writer.bits(negative ? 1 : 0, 1);
    writer.unsigned(Number(magnitude));
    return;
  }
  if (magnitude >> MAX_INTEGER_BITS !== 0n) {
    throw new ExiError('INTEGER_RANGE', writer.bit, `${what} is too large an integer`);
  }
  writer.bits(negative ? 1 : 0, 1);
  writer.copyOctets(scratchView, groupsToScratch(magnitude));
}

/** Cuts a magnitude above 0 into groups, each in an octet of the scratch, and gives their number. */
function groupsToScratch(magnitude: bigint): number {
  let octets = 0;
  for (let rest = magnitude; rest !== 0n; rest >>= WORD_BITS) {
    magnitudeView.setBigUint64(octets, rest, true);
    octets += 8;
  }
  magnitudeView.setUint32(octets, 0, true);
  while (magnitudeView.getUint8(octets - 1) === 0) octets--;
  const bits = octets * 8 - (Math.clz32(magnitudeView.getUint8(octets - 1)) - 24);
  const groups = Math.ceil(bits / 7);
  for (let group = 0; group < groups; group++) {
    const bit = group * 7;
    const window = magnitudeView.getUint16(bit >>> 3, true) >>> (bit & 7);
    scratch[group] = group + 1 < groups ? window | 0x80 : window & 0x7f;
  }
  return groups;
}

/** Groups of an unsigned integer of 64 bits. */
const GROUPS_OF_64_BITS = 10;

/** Reads an unsigned integer of at most 64 bits (EXI 1.0, 7.1.6). */
export function readUnsigned64(reader: BitReader, what: string): bigint {
  const start = reader.bit;
  let low = 0;
  let high = 0;
  let factor = 1;
  for (let group = 0; group < GROUPS_OF_64_BITS; group++) {
    const octet = reader.bits(8, what);
    if (group < GROUPS_PER_PART) low += (octet & 0x7f) * factor;
    else high += (octet & 0x7f) * factor;
    if (octet < 0x80) {
      if (high === 0) return BigInt(low);
      const value = (BigInt(high) << PART_BITS) | BigInt(low);
      if (value <= MAX_UNSIGNED_64) return value;
      break;
    }
    factor = group + 1 === GROUPS_PER_PART ? 1 : factor * 0x80;
  }
  throw new ExiError('INTEGER_RANGE', start, `${what} does not fit 64 bits`);
}

/** Writes an unsigned integer as {@link readUnsigned64} reads it. */
export function writeUnsigned64(writer: BitWriter, value: bigint, what: string): void {
  if (value < 0n || value > MAX_UNSIGNED_64) {
    throw new ExiError('INTEGER_RANGE', writer.bit, `${what} is no unsigned integer of 64 bits`);
  }
  let rest = value;
  while (rest >= 0x80n) {
    writer.bits(Number(rest & 0x7fn) | 0x80, 8);
    rest >>= 7n;
  }
  writer.bits(Number(rest), 8);
}
