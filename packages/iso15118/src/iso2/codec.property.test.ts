import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExiError } from '../exi/error.ts';
import { iso2Message, sessionId } from './arbitraries.fixture.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { messageFromJson } from './from-json.ts';
import { withSessionId } from './template.ts';
import { messageToJson } from './to-json.ts';

/** Decodes and gives the error's code, if there is one; any other exception than an ExiError gets out. */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    decodeMessage(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof ExiError) return error.code;
    throw error;
  }
}

describe('any message', () => {
  it('is the same after encoding and decoding, also through JSON', () => {
    fc.assert(
      fc.property(iso2Message, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
        expect(messageFromJson(JSON.parse(JSON.stringify(messageToJson(message))))).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('gets another SessionID exactly as if it were encoded anew', () => {
    fc.assert(
      fc.property(iso2Message, sessionId, (message, other) => {
        const encoded = encodeMessage(message);
        const anew = encodeMessage({ ...message, header: { ...message.header, sessionId: other } });
        expect(withSessionId(encoded, other)).toEqual(anew);
        expect(encodeMessage(message)).toEqual(encoded);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused as truncated wherever it is cut', () => {
    fc.assert(
      fc.property(iso2Message, fc.double({ min: 0, max: 0.999, noNaN: true }), (message, at) => {
        const encoded = encodeMessage(message);
        expect(codeOf(encoded.subarray(0, Math.floor(at * encoded.length)))).toBe('TRUNCATED');
      }),
      { numRuns: 200 },
    );
  });

  it('owns its bytes: changing the input afterwards changes nothing', () => {
    fc.assert(
      fc.property(iso2Message, (message) => {
        const encoded = encodeMessage(message);
        const decoded = decodeMessage(encoded);
        encoded.fill(0xff);
        expect(decoded).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });
});

describe('decoding hostile bytes', () => {
  it('throws nothing but ExiError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, withStart) => {
        codeOf(withStart ? Uint8Array.of(0x80, 0x98, ...bytes) : bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but ExiError on messages with changed bits, and what it accepts can be shown', () => {
    fc.assert(
      fc.property(
        iso2Message,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        (message, changes) => {
          const bytes = encodeMessage(message);
          for (const [position, mask] of changes) {
            const index = position % bytes.length;
            bytes[index] = (bytes[index] ?? 0) ^ mask;
          }
          if (codeOf(bytes) === undefined) JSON.stringify(messageToJson(decodeMessage(bytes)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
