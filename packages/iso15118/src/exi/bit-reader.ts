import { ExiError } from './error.ts';
import { scratch, SCRATCH_SIZE, scratchView, viewOf } from './scratch.ts';

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
  readonly #view: DataView;
  readonly #end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.bit = 0;
    this.sawLibcbv2gEnd = false;
    this.#view = viewOf(bytes);
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
    const length = this.length(limit, what);
    if (length > SCRATCH_SIZE) return this.#longBinary(length);
    this.toScratch(length);
    return new Uint8Array(scratch.subarray(0, length));
  }

  #longBinary(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; done += SCRATCH_SIZE) {
      const count = Math.min(length - done, SCRATCH_SIZE);
      this.toScratch(count);
      out.set(scratch.subarray(0, count), done);
    }
    return out;
  }

  /**
   * Moves `count` octets, at most SCRATCH_SIZE, which the caller has checked to be there, to the start of the scratch.
   */
  toScratch(count: number): void {
    const view = this.#view;
    const shift = this.bit & 7;
    const back = 8 - shift;
    const start = this.bit >>> 3;
    this.bit += count * 8;
    if (shift === 0) {
      scratch.set(this.bytes.subarray(start, start + count));
      return;
    }
    // The octet after the last one is there, as these octets end within it. Signed words spare a check in the loop.
    const end = start + count;
    let target = 0;
    let from = start;
    for (; from + 4 <= end; from += 4) {
      scratchView.setInt32(target, (view.getInt32(from) << shift) | (view.getUint8(from + 4) >>> back));
      target += 4;
    }
    for (; from < end; from++) {
      scratchView.setUint8(target, (view.getUint16(from) << shift) >>> 8);
      target++;
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
