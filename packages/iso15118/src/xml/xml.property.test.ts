import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Iso15118Error } from '../error.ts';
import { iso2Message } from '../iso2/arbitraries.fixture.ts';
import { decodeMessage } from '../iso2/decode.ts';
import { encodeMessage } from '../iso2/encode.ts';
import { MessageXmlError } from './error.ts';
import { messageFromXml, messageFromXmlBase64 } from './read-message.ts';
import { messageToXml, messageToXmlBase64 } from './write-message.ts';

/** Reads and gives the error, if there is one; any other exception gets out. */
function refusalOf(xml: string | Uint8Array): MessageXmlError | undefined {
  try {
    messageFromXml(xml);
    return undefined;
  } catch (error) {
    if (error instanceof MessageXmlError) return error;
    throw error;
  }
}

describe('the XML form of any message', () => {
  it('loses nothing on the way from XML to EXI and back, nor from EXI to XML and back', () => {
    fc.assert(
      fc.property(iso2Message, (message) => {
        const xml = messageToXml(message);
        const read = messageFromXml(xml);
        expect(read).toEqual(message);
        const exi = encodeMessage(read);
        expect(messageToXml(decodeMessage(exi))).toBe(xml);
        expect(encodeMessage(messageFromXml(Buffer.from(xml)))).toEqual(exi);
      }),
      { numRuns: 150 },
    );
  });

  it('is the same through base64, also when it is broken into lines', () => {
    fc.assert(
      fc.property(iso2Message, (message) => {
        const base64 = messageToXmlBase64(message);
        expect(messageFromXmlBase64(base64.replace(/(.{64})/g, '$1\r\n'))).toEqual(message);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same with white space between its elements', () => {
    fc.assert(
      fc.property(iso2Message, fc.constantFrom(' ', '\n\t', '\r\n  '), (message, space) => {
        // Our text has no white space outside values, and no tag of an element with text begins after a ">".
        const spaced = messageToXml(message).replace(/></g, `>${space}<`);
        fc.pre(!spaced.includes(`X509IssuerName>${space}<`) && !spaced.includes(`XPath>${space}<`));
        expect(messageFromXml(spaced)).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });
});

describe('hostile XML', () => {
  it('is refused wherever a document is cut', () => {
    fc.assert(
      fc.property(iso2Message, fc.double({ min: 0, max: 0.999, noNaN: true }), (message, at) => {
        const xml = messageToXml(message);
        expect(refusalOf(xml.slice(0, Math.floor(at * xml.length)))).toBeInstanceOf(Iso15118Error);
      }),
      { numRuns: 150 },
    );
  });

  it('is refused with nothing but the error of the package, and what is accepted can be encoded', () => {
    fc.assert(
      fc.property(
        iso2Message,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Array.from('<>/&;:="\' aZ0#!?[]-\n'))), {
          minLength: 1,
          maxLength: 3,
        }),
        (message, changes) => {
          let xml = messageToXml(message);
          for (const [position, character] of changes) {
            const index = position % xml.length;
            xml = xml.slice(0, index) + character + xml.slice(index + 1);
          }
          // A character may have grown the eMAID, whose length only writing looks at.
          if (refusalOf(xml) === undefined) messageFromXml(messageToXml(messageFromXml(xml)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is refused with nothing but the error of the package when it is any text or octets', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 200 })), (xml) => {
        expect(refusalOf(xml)).toBeInstanceOf(MessageXmlError);
      }),
      { numRuns: 1000 },
    );
  });
});
