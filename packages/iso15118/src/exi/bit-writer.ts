import { scratch, SCRATCH_SIZE, scratchView, viewOf } from './scratch.ts';

/** Buffers that grew beyond this are not kept for the next writer. */
const MAX_KEPT = 64 * 1024;
/** So many octets beyond those written may be written to, as octets move four at a time. */
const SLACK = 8;

/** The buffer of the last writer that finished; the next one takes it. */
let kept: Uint8Array | undefined;
const NOTHING = new Uint8Array(0);

/**
 * Writes an EXI bit stream in bit-packed alignment, most significant bit first, growing as needed. The bits after
 * the current one within its octet are 0; what the buffer holds after that octet is never read, only overwritten.
 */
export class BitWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #bit: number;

  /** @param capacity - Octets to start with; a good guess spares the growing. */
  constructor(capacity = 1024) {
    const size = capacity + SLACK;
    this.#buffer = kept !== undefined && kept.length >= size ? kept : new Uint8Array(size);
    kept = undefined;
    this.#view = viewOf(this.#buffer);
    this.#bit = 0;
  }

  /** The next bit to be written. */
  get bit(): number {
    return this.#bit;
  }

  /** An n-bit unsigned integer, n at most 9. */
  bits(value: number, count: number): void {
    const start = this.#bit;
    const index = start >>> 3;
    if (index + SLACK > this.#buffer.length) this.#grow(SLACK);
    const buffer = this.#buffer;
    const window = value << (16 - (start & 7) - count);
    buffer[index] = ((start & 7) === 0 ? 0 : (buffer[index] ?? 0)) | (window >>> 8);
    buffer[index + 1] = window;
    this.#bit = start + count;
  }

  /** An unsigned integer below 2^53 (EXI 1.0, 7.1.6). */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bits((rest % 0x80) | 0x80, 8);
      rest = Math.floor(rest / 0x80);
    }
    this.bits(rest, 8);
  }

  /** A binary value with its length. */
  binary(value: Uint8Array): void {
    this.unsigned(value.length);
    this.octets(value);
  }

  /** Whole octets, at whatever bit we are. */
  octets(value: Uint8Array): void {
    if (value.length > SCRATCH_SIZE) {
      for (let done = 0; done < value.length; done += SCRATCH_SIZE) {
        this.octets(value.subarray(done, done + SCRATCH_SIZE));
      }
      return;
    }
    // Through the scratch, as making a DataView of every value would take longer than copying it.
    scratch.set(value);
    this.copyOctets(scratchView, value.length);
  }

  /** The first `count` octets of `source`, at whatever bit we are. */
  copyOctets(source: DataView, count: number): void {
    const start = this.#bit >>> 3;
    if (start + count + SLACK > this.#buffer.length) this.#grow(count + SLACK);
    const view = this.#view;
    const shift = this.#bit & 7;
    this.#bit += count * 8;
    // Of each octet the last `shift` bits go into the octet after it. A word is shifted in two steps, as a shift by 32
    // would be one by 0. Signed words spare a check in the loop.
    const back = 31 - shift;
    let carry = shift === 0 ? 0 : view.getUint8(start) << 24;
    let target = start;
    let from = 0;
    for (; from + 4 <= count; from += 4) {
      const word = source.getInt32(from);
      view.setInt32(target, carry | (word >>> shift));
      carry = (word << 1) << back;
      target += 4;
    }
    for (; from < count; from++) {
      const octet = source.getUint8(from) << 24;
      view.setUint8(target, (carry | (octet >>> shift)) >>> 24);
      carry = (octet << 1) << (7 - shift);
      target++;
    }
    view.setUint8(target, carry >>> 24);
  }

  /** Everything written, the last octet filled up with 0 bits. Nothing can be written after it. */
  finish(): Uint8Array {
    const written = this.#buffer.slice(0, (this.#bit + 7) >>> 3);
    if (this.#buffer.length <= MAX_KEPT) kept = this.#buffer;
    this.#buffer = NOTHING;
    return written;
  }

  #grow(octets: number): void {
    const needed = (this.#bit >>> 3) + octets + 1;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer);
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }
}
