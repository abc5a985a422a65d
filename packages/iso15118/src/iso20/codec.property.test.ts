import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExiError } from '../exi/error.ts';
import { delivery, iso20Message, iso20Response } from './arbitraries.fixture.ts';
import { decodeIso20Message, inspectIso20Message } from './decode.ts';
import { encodeIso20Message } from './encode.ts';
import { iso20MessageFromJson } from './from-json.ts';
import {
  encodeIso20ResponseTemplate,
  fillIso20ResponseTemplate,
  iso20ResponseTemplateOf,
} from './template.ts';
import { iso20MessageToJson } from './to-json.ts';

/** Decodes and gives the error's code, if there is one; any other exception than an ExiError gets out. */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    decodeIso20Message(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof ExiError) return error.code;
    throw error;
  }
}

describe('any message of ISO 15118-20', () => {
  it('is the same after encoding and decoding, also through JSON', () => {
    fc.assert(
      fc.property(iso20Message, (message) => {
        const encoded = encodeIso20Message(message);
        expect(inspectIso20Message(encoded)).toEqual({ message, octets: encoded.length, variants: [] });
        expect(iso20MessageFromJson(JSON.parse(JSON.stringify(iso20MessageToJson(message))))).toEqual(
          message,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('is refused as truncated wherever it is cut', () => {
    fc.assert(
      fc.property(iso20Message, fc.double({ min: 0, max: 0.999, noNaN: true }), (message, at) => {
        const encoded = encodeIso20Message(message);
        expect(codeOf(encoded.subarray(0, Math.floor(at * encoded.length)))).toBe('TRUNCATED');
      }),
      { numRuns: 100 },
    );
  });

  it('owns its bytes: changing the input afterwards changes nothing', () => {
    fc.assert(
      fc.property(iso20Message, (message) => {
        const encoded = encodeIso20Message(message);
        const decoded = decodeIso20Message(encoded);
        encoded.fill(0xff);
        expect(decoded).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a stored response of ISO 15118-20', () => {
  it('gets another SessionID, TimeStamp and count exactly as if it were encoded anew', () => {
    fc.assert(
      fc.property(iso20Response, delivery, ({ header, body }, other) => {
        const { sessionId, timeStamp, remainingContractCertificateChains } = other;
        const encoded = encodeIso20Message({ header, body });
        const template = iso20ResponseTemplateOf(encoded);
        const made = encodeIso20ResponseTemplate({ header, body });
        expect(made.remainingBit).toBe(template.remainingBit);
        expect(Buffer.compare(made.octets, encoded)).toBe(0);
        const anew = encodeIso20Message({
          header: { ...header, sessionId, timeStamp },
          body: { ...body, remainingContractCertificateChains },
        });
        expect(Buffer.compare(fillIso20ResponseTemplate(template, other), anew)).toBe(0);
        expect(Buffer.compare(template.octets, encoded)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('decoding hostile bytes as ISO 15118-20', () => {
  it('throws nothing but ExiError on random bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom([], [0x80, 0x1c], [0x80, 0x20]),
        (bytes, start) => {
          codeOf(Uint8Array.of(...start, ...bytes));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but ExiError on messages with changed bits, and what it accepts can be shown', () => {
    fc.assert(
      fc.property(
        iso20Message,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        (message, changes) => {
          const bytes = encodeIso20Message(message);
          for (const [position, mask] of changes) {
            const index = position % bytes.length;
            bytes[index] = (bytes[index] ?? 0) ^ mask;
          }
          if (codeOf(bytes) === undefined) JSON.stringify(iso20MessageToJson(decodeIso20Message(bytes)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
