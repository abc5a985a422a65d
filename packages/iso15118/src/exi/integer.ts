import type { BitReader } from './bit-reader.ts';
import type { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';

/**
 * Octets that an integer's magnitude may take. X.509 serial numbers have 20 octets, which take 23; twice that
 * leaves room for certificates that break the rule, and keeps the work of a hostile one small.
 */
export const MAX_INTEGER_GROUPS = 46;

/** Groups gathered in a number before they go into the bigint: 7 × 7 bits stay below 2^53. */
const GROUPS_PER_PART = 7;
const PART_BITS = 49n;

const MAX_UNSIGNED_64 = 0xffff_ffff_ffff_ffffn;

/**
 * Reads an integer of any size: a sign bit, then the magnitude as an unsigned integer, less one when negative
 * (EXI 1.0, 7.1.5).
 */
export function readInteger(reader: BitReader, what: string): bigint {
  const start = reader.bit;
  const negative = reader.bits(1, what) === 1;
  let value = 0n;
  let part = 0;
  let factor = 1;
  let shift = 0n;
  for (let group = 1; group <= MAX_INTEGER_GROUPS; group++) {
    const octet = reader.bits(8, what);
    part += (octet & 0x7f) * factor;
    if (octet < 0x80) {
      value |= BigInt(part) << shift;
      return negative ? -value - 1n : value;
    }
    if (group % GROUPS_PER_PART === 0) {
      value |= BigInt(part) << shift;
      shift += PART_BITS;
      part = 0;
      factor = 1;
    } else {
      factor *= 0x80;
    }
  }
  throw new ExiError('INTEGER_RANGE', start, `${what} is too large an integer`);
}

/** Writes an integer as {@link readInteger} reads it. */
export function writeInteger(writer: BitWriter, value: bigint, what: string): void {
  const negative = value < 0n;
  let magnitude = negative ? -value - 1n : value;
  if (magnitude >> BigInt(7 * MAX_INTEGER_GROUPS) !== 0n) {
    throw new ExiError('INTEGER_RANGE', writer.bit, `${what} is too large an integer`);
  }
  writer.bits(negative ? 1 : 0, 1);
  while (magnitude > BigInt(Number.MAX_SAFE_INTEGER)) {
    let part = Number(magnitude & 0x1_ffff_ffff_ffffn);
    magnitude >>= PART_BITS;
    for (let group = 0; group < GROUPS_PER_PART; group++) {
      writer.bits((part % 0x80) | 0x80, 8);
      part = Math.floor(part / 0x80);
    }
  }
  writer.unsigned(Number(magnitude));
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
