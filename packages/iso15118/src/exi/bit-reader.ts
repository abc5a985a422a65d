import { ExiError } from './error.ts';

/** Five groups of seven bits hold every length and count; more is refused before it is shifted. */
const MAX_SMALL_GROUPS = 5;
const MAX_SMALL = 0x7fff_ffff;

/**
 * Reads an EXI bit stream in bit-packed alignment, most significant bit first (EXI 1.0, 7.1.1 ff.). Every method
 * throws {@link ExiError} when the bytes end first, and none allocates before it has checked that what it needs
 * is there. `what` names the thing read, for the error.
 */
export class BitReader {
  readonly bytes: Uint8Array;
  /** The next bit. */
  bit: number;
  /** Whether libcbv2g's two-bit END after the last allowed repetition was met. */
  sawLibcbv2gEnd: boolean;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.bit = 0;
    this.sawLibcbv2gEnd = false;
    this.#end = bytes.length * 8;
  }

  /** Bits not read yet. */
  get remaining(): number {
    return this.#end - this.bit;
  }

  /** An n-bit unsigned integer, n at most 9. */
  bits(count: number, what: string): number {
    const start = this.bit;
    if (start + count > this.#end) this.#truncated(what);
    const index = start >>> 3;
    const window = ((this.bytes[index] ?? 0) << 8) | (this.bytes[index + 1] ?? 0);
    this.bit = start + count;
    return (window >>> (16 - (start & 7) - count)) & ((1 << count) - 1);
  }

  /** Consecutive one-bit event codes that all must be 0: states with a single production. */
  zeros(count: number, what: string): void {
    const start = this.bit;
    const value = this.bits(count, what);
    if (value !== 0) {
      const bit = start + count - (32 - Math.clz32(value));
      throw new ExiError('EVENT_CODE', bit, `undefined event code 1 at ${what}`);
    }
  }

  /** An event code of `width` bits in a state with `productions` productions. */
  event(width: number, productions: number, what: string): number {
    const start = this.bit;
    const code = this.bits(width, what);
    if (code >= productions) {
      throw new ExiError('EVENT_CODE', start, `undefined event code ${String(code)} at ${what}`);
    }
    return code;
  }

  /** An unsigned integer of at most 31 bits (EXI 1.0, 7.1.6): lengths and code points. */
  unsigned(what: string): number {
    const start = this.bit;
    let value = this.bits(8, what);
    if (value < 0x80) return value;
    value &= 0x7f;
    let factor = 0x80;
    for (let group = 1; group < MAX_SMALL_GROUPS; group++) {
      const octet = this.bits(8, what);
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) {
        if (value > MAX_SMALL) break;
        return value;
      }
      factor *= 0x80;
    }
    throw new ExiError('INTEGER_RANGE', start, `${what} is too large an integer`);
  }

  /** The length of a binary or the like, at most `limit` and at most what is left, in octets. */
  length(limit: number, what: string): number {
    const start = this.bit;
    const length = this.unsigned(what);
    if (length > limit) {
      throw new ExiError('TOO_LONG', start, `${what} has ${String(length)} octets, at most ${String(limit)}`);
    }
    if (length * 8 > this.#end - this.bit) this.#truncated(what);
    return length;
  }

  /** A binary value with its length (EXI 1.0, 7.1.1), as bytes of its own. */
  binary(limit: number, what: string): Uint8Array {
    const out = new Uint8Array(this.length(limit, what));
    this.copyOctets(out, out.length);
    return out;
  }

  /** Moves `count` octets, which the caller has checked to be there, to the start of `target`. */
  copyOctets(target: Uint8Array, count: number): void {
    const { bytes } = this;
    const shift = this.bit & 7;
    let index = this.bit >>> 3;
    this.bit += count * 8;
    if (shift === 0) {
      target.set(bytes.subarray(index, index + count));
      return;
    }
    const back = 8 - shift;
    let carry = bytes[index] ?? 0;
    for (let position = 0; position < count; position++) {
      index++;
      const next = bytes[index] ?? 0;
      target[position] = (carry << shift) | (next >>> back);
      carry = next;
    }
  }

  /**
   * END after the last repetition the schema allows. There only one production is left, so it takes one bit;
   * libcbv2g writes two, 01. The bit after the one-bit form is always a 0 (the parent's END), so both are told
   * apart without doubt.
   */
  endOfFullList(what: string): void {
    this.zeros(1, what);
    if (this.bit < this.#end && this.#peek() === 1) {
      this.bit++;
      this.sawLibcbv2gEnd = true;
    }
  }

  #peek(): number {
    return ((this.bytes[this.bit >>> 3] ?? 0) >>> (7 - (this.bit & 7))) & 1;
  }

  #truncated(what: string): never {
    throw new ExiError('TRUNCATED', this.bit, `the bytes end within ${what}`);
  }
}
