import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';
import { ExiError } from './error.ts';
import { readInteger, writeInteger } from './integer.ts';
import { UNBOUNDED } from './limits.ts';
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
        const writer = new BitWriter(capacity);
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
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 160n), max: 1n << 160n }), (value) => {
        const writer = new BitWriter();
        writeInteger(writer, value, 'x');
        expect(readInteger(new BitReader(writer.finish()), 'x')).toBe(value);
      }),
    );
  });
});
