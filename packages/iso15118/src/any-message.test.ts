import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnyMessage, detectNamespace } from './any-message.ts';
import { ExiError } from './exi/error.ts';
import { ISO20_NAMESPACE, ISO2_NAMESPACE } from './identifiers/namespace.ts';
import { iso2Message } from './iso2/arbitraries.fixture.ts';
import { encodeMessage } from './iso2/encode.ts';
import { iso20Message } from './iso20/arbitraries.fixture.ts';
import { encodeIso20Message } from './iso20/encode.ts';

describe('detectNamespace', () => {
  it('tells every message of one edition from those of the other', () => {
    fc.assert(
      fc.property(iso2Message, iso20Message, (message2, message20) => {
        const octets2 = encodeMessage(message2);
        const octets20 = encodeIso20Message(message20);
        expect(decodeAnyMessage(octets2)).toEqual({
          namespace: ISO2_NAMESPACE,
          message: message2,
          octets: octets2.length,
          variants: [],
        });
        expect(decodeAnyMessage(octets20)).toEqual({
          namespace: ISO20_NAMESPACE,
          message: message20,
          octets: octets20.length,
          variants: [],
        });
      }),
      { numRuns: 50 },
    );
  });

  it('knows three of all the roots that 7 bits can name, by -20 read as 6, and refuses the others', () => {
    const known = new Map<number, string>();
    for (let root = 0; root < 128; root++) {
      try {
        known.set(root, detectNamespace(Uint8Array.of(0x80, root << 1)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'UNSUPPORTED_MESSAGE', bit: 8 });
      }
    }
    expect(Object.fromEntries(known)).toEqual({
      14: ISO20_NAMESPACE,
      15: ISO20_NAMESPACE,
      16: ISO20_NAMESPACE,
      17: ISO20_NAMESPACE,
      76: ISO2_NAMESPACE,
    });
  });

  it.each([
    ['HEADER', [0x24, 0x45, 0x58, 0x49]],
    ['HEADER', [0xa0, 0x98]],
    ['TRUNCATED', []],
    ['TRUNCATED', [0x80]],
  ])('refuses with %s what has no root', (code, octets) => {
    expect(() => detectNamespace(Uint8Array.from(octets))).toThrow(ExiError);
    expect(() => detectNamespace(Uint8Array.from(octets))).toThrow(expect.objectContaining({ code }));
  });
});
