/**
 * Writes an EXI bit stream in bit-packed alignment, most significant bit first, growing as needed. What follows
 * the current bit in the buffer is never read, only overwritten.
 */
export class BitWriter {
  #buffer: Uint8Array;
  #bit: number;

  /** @param capacity - Octets to start with; a good guess spares the growing. */
  constructor(capacity = 1024) {
    this.#buffer = new Uint8Array(capacity);
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
    if (index + 2 > this.#buffer.length) this.#grow(2);
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
    const count = value.length;
    let index = this.#bit >>> 3;
    if (index + count + 1 > this.#buffer.length) this.#grow(count + 1);
    const buffer = this.#buffer;
    const shift = this.#bit & 7;
    this.#bit += count * 8;
    if (shift === 0) {
      buffer.set(value, index);
      return;
    }
    const back = 8 - shift;
    let carry = buffer[index] ?? 0;
    for (let position = 0; position < count; position++) {
      const octet = value[position] ?? 0;
      buffer[index] = carry | (octet >>> shift);
      carry = (octet << back) & 0xff;
      index++;
    }
    buffer[index] = carry;
  }

  /** Everything written, the last octet filled up with 0 bits. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, (this.#bit + 7) >>> 3);
  }

  #grow(octets: number): void {
    const needed = (this.#bit >>> 3) + octets + 1;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}
