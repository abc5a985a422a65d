import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';
import { MAX_INTEGER_GROUPS, readInteger, writeInteger } from './integer.ts';
import { KnownTexts } from './known-texts.ts';
import { UNBOUNDED } from './limits.ts';
import { SCRATCH_SIZE } from './scratch.ts';
import { readText, writeText } from './text.ts';

function reader(...octets: number[]): BitReader {
  return new BitReader(Uint8Array.from(octets));
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ExiError) return error.code;
    throw error;
  }
  return 'none';
}

/** Also that it is written in as few groups as it takes. */
function keepsInteger(value: bigint): void {
  const writer = new BitWriter();
  writeInteger(writer, value, 'x');
  const magnitude = value < 0n ? -value - 1n : value;
  const groups = Math.ceil(magnitude.toString(2).length / 7);
  expect(writer.bit).toBe(1 + 8 * groups);
  expect(readInteger(new BitReader(writer.finish()), 'x')).toBe(value);
}

describe('the bit stream', () => {
  it('gives back what was written, at every alignment and however often it grows', () => {
    const item = fc.oneof(
      fc
        .integer({ min: 1, max: 9 })
        .chain((count) => fc.tuple(fc.constant(count), fc.nat({ max: 2 ** count - 1 }))),
      fc.uint8Array({ maxLength: 70 }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.integer({ min: 0, max: 5 }), (items, capacity) => {
        // The first takes the buffer that the last run left over, so that the second starts as small as it is told.
        const [, writer] = [new BitWriter(), new BitWriter(capacity)];
        for (const one of items) {
          if (one instanceof Uint8Array) writer.binary(one);
          else writer.bits(one[1], one[0]);
        }
        const bytes = writer.finish();
        expect(bytes).toHaveLength(Math.ceil(writer.bit / 8));
        const back = new BitReader(bytes);
        for (const one of items) {
          if (one instanceof Uint8Array)
            expect(back.binary(UNBOUNDED, 'binary')).toEqual(Uint8Array.from(one));
          else expect(back.bits(one[0], 'bits')).toBe(one[1]);
        }
        expect(back.remaining).toBeLessThan(8);
        expect(back.bits(back.remaining, 'padding')).toBe(0);
      }),
    );
  });

  it('moves octets of any number at any alignment, more than fit its shared buffer included', () => {
    const octets = Uint8Array.from(
      { length: 2 * SCRATCH_SIZE + 5 },
      (_, index) => (index * 151) ^ (index >>> 8),
    );
    for (const length of [
      0,
      1,
      3,
      4,
      5,
      63,
      SCRATCH_SIZE - 1,
      SCRATCH_SIZE,
      SCRATCH_SIZE + 1,
      octets.length,
    ]) {
      for (let shift = 0; shift < 8; shift++) {
        const value = octets.subarray(octets.length - length);
        const writer = new BitWriter();
        writer.bits(1, shift + 1);
        writer.binary(value);
        writer.bits(1, 1);
        const back = new BitReader(writer.finish());
        expect(back.bits(shift + 1, 'before')).toBe(1);
        expect(Buffer.compare(back.binary(UNBOUNDED, 'binary'), value)).toBe(0);
        expect(back.bits(1, 'after')).toBe(1);
      }
    }
  });

  it('reads binaries as bytes of their own', () => {
    const bytes = Uint8Array.of(3, 1, 2, 3, 100, ...new Array<number>(100).fill(7));
    const back = new BitReader(bytes);
    const [short, long] = [back.binary(UNBOUNDED, 'short'), back.binary(UNBOUNDED, 'long')];
    bytes.fill(0);
    new BitReader(Uint8Array.of(2, 9, 9)).binary(UNBOUNDED, 'another');
    expect([...short]).toEqual([1, 2, 3]);
    expect(long.every((octet) => octet === 7)).toBe(true);
    expect([short.buffer.byteLength, long.buffer.byteLength]).toEqual([3, 100]);
  });

  it('gives what it has written bytes of its own, and keeps writers apart', () => {
    const one = new BitWriter();
    const other = new BitWriter();
    one.bits(0xaa, 8);
    other.bits(0x55, 8);
    const first = one.finish();
    const next = new BitWriter();
    next.bits(0xff, 8);
    other.bits(0x0f, 8);
    expect([...first]).toEqual([0xaa]);
    expect([...other.finish()]).toEqual([0x55, 0x0f]);
    expect([...next.finish()]).toEqual([0xff]);
  });

  it('says at which bit an event code is wrong', () => {
    const bits = reader(0b0010_0000);
    expect(() => bits.zeros(4, 'Body')).toThrow('undefined event code 1 at Body (at bit 2)');
    expect(() => reader(0b1100_0000).event(2, 3, 'Header')).toThrow(
      'undefined event code 3 at Header (at bit 0)',
    );
  });

  it('refuses lengths beyond what is left before it allocates', () => {
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0x07).binary(UNBOUNDED, 'x'))).toBe('TRUNCATED');
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f).binary(UNBOUNDED, 'x'))).toBe('INTEGER_RANGE');
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0x07).binary(8, 'x'))).toBe('TOO_LONG');
    expect(codeOf(() => readText(reader(0xff, 0xff, 0xff, 0xff, 0x07), UNBOUNDED, 'x'))).toBe('TRUNCATED');
  });

  it('refuses integers that go on for ever', () => {
    expect(codeOf(() => reader(...new Array<number>(60).fill(0x80), 0).unsigned('x'))).toBe('INTEGER_RANGE');
    expect(codeOf(() => readInteger(reader(...new Array<number>(60).fill(0xff), 0), 'x'))).toBe(
      'INTEGER_RANGE',
    );
  });

  it('takes the two-bit END of a full list for what it is, and not the END that follows', () => {
    const conform = reader(0b0000_0000);
    conform.endOfFullList('list');
    expect([conform.bit, conform.sawLibcbv2gEnd]).toEqual([1, false]);
    const libcbv2g = reader(0b0100_0000);
    libcbv2g.endOfFullList('list');
    expect([libcbv2g.bit, libcbv2g.sawLibcbv2gEnd]).toEqual([2, true]);
    expect(codeOf(() => reader(0b1000_0000).endOfFullList('list'))).toBe('EVENT_CODE');
  });
});

describe('strings', () => {
  it('writes the length plus two and one octet a character', () => {
    const writer = new BitWriter();
    writeText(writer, 'id4', UNBOUNDED, 'Id');
    expect([...writer.finish()]).toEqual([5, 0x69, 0x64, 0x34]);
  });

  it('counts code points and writes those beyond ASCII in groups of seven bits', () => {
    const writer = new BitWriter();
    writeText(writer, 'é🚗', 2, 'x');
    const bytes = writer.finish();
    expect([...bytes]).toEqual([4, 0xe9, 0x01, 0x97, 0xed, 0x07]);
    expect(readText(new BitReader(bytes), 2, 'x')).toBe('é🚗');
  });

  it('reads strings longer than its buffer', () => {
    const text = 'CN='.repeat(1000);
    const writer = new BitWriter();
    writer.bits(1, 1);
    writeText(writer, text, UNBOUNDED, 'x');
    const back = new BitReader(writer.finish());
    back.bits(1, 'x');
    expect(readText(back, UNBOUNDED, 'x')).toBe(text);
  });

  it('keeps any character at any place, in strings of any length', () => {
    for (const length of [1, 5, 6, 7, 16, 17, 40, SCRATCH_SIZE, SCRATCH_SIZE + 3, 2 * SCRATCH_SIZE + 1]) {
      for (const character of ['\t', ' ', '\x7f', '\x80', 'é', '€', '🚗']) {
        for (const place of [0, 1, 2, 3, length - 1].filter((index) => index < length)) {
          const text = `${'a'.repeat(place)}${character}${'z'.repeat(length - place - 1)}`;
          const writer = new BitWriter();
          writer.bits(1, 3);
          writeText(writer, text, length, 'x');
          writer.bits(1, 1);
          const back = new BitReader(writer.finish());
          back.bits(3, 'before');
          expect(readText(back, length, 'x') === text).toBe(true);
          expect(back.bits(1, 'after')).toBe(1);
        }
      }
    }
  });

  it('refuses a control character at any place, and says at which bit', () => {
    for (const length of [5, 20, SCRATCH_SIZE + 10]) {
      for (const place of [0, 1, 2, 3, length - 1]) {
        const text = `${'a'.repeat(place)}\x1f${'z'.repeat(length - place - 1)}`;
        expect(codeOf(() => writeText(new BitWriter(), text, UNBOUNDED, 'x'))).toBe('CHARACTER');
        const writer = new BitWriter();
        writer.unsigned(length + 2);
        const start = writer.bit;
        writer.octets(Buffer.from(text));
        const message = `(at bit ${String(start + 8 * place)})`;
        expect(() => readText(new BitReader(writer.finish()), UNBOUNDED, 'x')).toThrow(message);
      }
    }
  });

  it('gives known strings the same bits as any other, and takes none for another', () => {
    const known = new KnownTexts(['urn:a', 'urn:b', 'longer']);
    for (const text of ['urn:a', 'urn:b', 'urn:c', 'urm:a', 'longer', 'longeR', '', 'x', 'much longer']) {
      const [plain, short] = [new BitWriter(), new BitWriter()];
      writeText(plain, text, UNBOUNDED, 'x');
      writeText(short, text, UNBOUNDED, 'x', known);
      const bytes = short.finish();
      expect(bytes).toEqual(plain.finish());
      expect(readText(new BitReader(bytes), UNBOUNDED, 'x', known)).toBe(text);
    }
    expect(codeOf(() => writeText(new BitWriter(), 'urn:a', 4, 'x', known))).toBe('TOO_LONG');
  });

  it('refuses references to string tables, and characters that XML does not allow', () => {
    expect(codeOf(() => readText(reader(0, 0, 0), UNBOUNDED, 'x'))).toBe('STRING_TABLE');
    expect(codeOf(() => readText(reader(1, 0, 0), UNBOUNDED, 'x'))).toBe('STRING_TABLE');
    expect(codeOf(() => readText(reader(3, 0), UNBOUNDED, 'x'))).toBe('CHARACTER');
    // U+D800, half of a pair, and U+110000.
    expect(codeOf(() => readText(reader(3, 0x80, 0xb0, 0x03), UNBOUNDED, 'x'))).toBe('CHARACTER');
    expect(codeOf(() => readText(reader(3, 0x80, 0x80, 0x44), UNBOUNDED, 'x'))).toBe('CHARACTER');
  });
});

describe('integers', () => {
  it('writes a negative one as its magnitude less one', () => {
    const writer = new BitWriter();
    writeInteger(writer, -1n, 'x');
    expect([...writer.finish()]).toEqual([0x80, 0x00]);
  });

  it('keeps any integer of 20 octets', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 160n), max: 1n << 160n }), keepsInteger));
  });

  it('keeps the integers around every power of two up to the greatest, and refuses those beyond', () => {
    const most = 7 * MAX_INTEGER_GROUPS;
    for (let bit = 0; bit <= most; bit++) {
      const power = 1n << BigInt(bit);
      for (const value of [power - 1n, -power, ...(bit < most ? [power, power + 1n, 1n - power] : [])]) {
        keepsInteger(value);
      }
    }
    expect(codeOf(() => writeInteger(new BitWriter(), 1n << BigInt(most), 'x'))).toBe('INTEGER_RANGE');
    expect(codeOf(() => writeInteger(new BitWriter(), -(1n << BigInt(most)) - 1n, 'x'))).toBe(
      'INTEGER_RANGE',
    );
  });
});
