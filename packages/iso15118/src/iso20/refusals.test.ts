import { describe, expect, it } from 'vitest';
import { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { iso20ResponseCodes } from './codes.ts';
import { decodeIso20Message, inspectIso20Message } from './decode.ts';
import { encodeIso20Message } from './encode.ts';
import type {
  Iso20CertificateInstallationReq,
  Iso20CertificateInstallationRes,
  Iso20Header,
  Iso20Message,
} from './model.ts';
import { negativeIso20CertificateInstallationRes } from './negative.ts';
import { fillIso20ResponseTemplate, iso20ResponseTemplateOf } from './template.ts';

const header: Iso20Header = { sessionId: new Uint8Array(8), timeStamp: 1n };
const root = { x509IssuerName: 'CN=Root', x509SerialNumber: 1n };
const request: Iso20CertificateInstallationReq = {
  type: 'CertificateInstallationReq',
  oemProvisioningCertificateChain: { id: 'ID1', certificate: new Uint8Array(1600) },
  listOfRootCertificateIDs: [root],
  maximumContractCertificateChains: 1,
};
const negative = negativeIso20CertificateInstallationRes({
  ...header,
  responseCode: 'WARNING_NoContractMatchingPCIDFound',
});

function withHeader(change: Partial<Iso20Header>): Iso20Message {
  return { header: { ...header, ...change }, body: request };
}

function withRequest(change: Partial<Iso20CertificateInstallationReq>): Iso20Message {
  return { header, body: { ...request, ...change } };
}

function withResponse(change: Partial<Iso20CertificateInstallationRes>): Iso20Message {
  return { header, body: { ...negative.body, ...change } };
}

const { signedInstallationData: data } = negative.body;
const subCertificates = (count: number) => Array.from({ length: count }, () => new Uint8Array(1));

function refusalOf(bytes: Uint8Array): ExiError {
  try {
    decodeIso20Message(bytes);
  } catch (error) {
    if (error instanceof ExiError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('encodeIso20Message', () => {
  it.each<[string, string, Iso20Message]>([
    ['a SessionID of 9 octets', 'TOO_LONG', withHeader({ sessionId: new Uint8Array(9) })],
    ['a negative TimeStamp', 'INTEGER_RANGE', withHeader({ timeStamp: -1n })],
    ['a TimeStamp of 65 bits', 'INTEGER_RANGE', withHeader({ timeStamp: 1n << 64n })],
    [
      'a certificate of 1601 octets',
      'TOO_LONG',
      withRequest({ oemProvisioningCertificateChain: { id: 'a', certificate: new Uint8Array(1601) } }),
    ],
    ['no root', 'COUNT', withRequest({ listOfRootCertificateIDs: [] })],
    ['21 roots', 'COUNT', withRequest({ listOfRootCertificateIDs: Array.from({ length: 21 }, () => root) })],
    ['no prioritized EMAID', 'COUNT', withRequest({ prioritizedEMAIDs: [] })],
    ['9 prioritized EMAIDs', 'COUNT', withRequest({ prioritizedEMAIDs: Array<string>(9).fill('A') })],
    ['an EMAID of 256 characters', 'TOO_LONG', withRequest({ prioritizedEMAIDs: ['A'.repeat(256)] })],
    ['256 chains', 'INTEGER_RANGE', withRequest({ maximumContractCertificateChains: 256 })],
    ['-1 chains', 'INTEGER_RANGE', withResponse({ remainingContractCertificateChains: -1 })],
    ['half a chain', 'INTEGER_RANGE', withResponse({ remainingContractCertificateChains: 0.5 })],
    [
      'four sub-CAs',
      'COUNT',
      withResponse({
        cpsCertificateChain: { certificate: new Uint8Array(1), subCertificates: subCertificates(4) },
      }),
    ],
    [
      'a contract chain without sub-CAs',
      'COUNT',
      withResponse({
        signedInstallationData: {
          ...data,
          contractCertificateChain: { certificate: new Uint8Array(1), subCertificates: [] },
        },
      }),
    ],
    [
      'a DH public key of 134 octets',
      'TOO_LONG',
      withResponse({ signedInstallationData: { ...data, dhPublicKey: new Uint8Array(134) } }),
    ],
    [
      'an encrypted X448 key of 85 octets',
      'TOO_LONG',
      withResponse({
        signedInstallationData: {
          ...data,
          encryptedPrivateKey: { kind: 'X448', value: new Uint8Array(85) },
        },
      }),
    ],
  ])('refuses %s', (_what, code, message) => {
    expect(() => encodeIso20Message(message)).toThrow(ExiError);
    expect(() => encodeIso20Message(message)).toThrow(expect.objectContaining({ code }));
  });
});

describe('decodeIso20Message', () => {
  /** A response up to and without its ResponseCode, then the given bits, then many zeros. */
  function response(...bits: readonly (readonly [value: number, width: number])[]): Uint8Array {
    const writer = new BitWriter();
    const start: (readonly [number, number])[] = [
      [0x80, 8],
      [8, 6],
      [0, 4],
      [0, 7],
      [0, 3],
      [1, 8],
      [0, 1],
      [1, 2],
      [0, 2],
    ];
    for (const [value, width] of [...start, ...bits]) writer.bits(value, width);
    writer.octets(new Uint8Array(40));
    return writer.finish();
  }

  it.each<[string, string, number, Uint8Array]>([
    ['another EXI header', 'HEADER', 0, Uint8Array.of(0xa0, 0x20, 0, 0)],
    ['the document of ISO 15118-2', 'UNSUPPORTED_MESSAGE', 8, Uint8Array.of(0x80, 0x98, 0, 0)],
    ['nothing', 'TRUNCATED', 0, new Uint8Array(0)],
    ['a length beyond the end', 'TRUNCATED', 25, Uint8Array.of(0x80, 0x20, 0x04, 0, 0)],
    ['a SessionID of 9 octets', 'TOO_LONG', 17, Uint8Array.of(0x80, 0x20, 0x04, 0x80, ...new Uint8Array(30))],
    ['response code 40', 'ENUMERATION', 41, response([40, 6])],
    ['response code 63', 'ENUMERATION', 41, response([63, 6])],
    ['processing 3', 'ENUMERATION', 50, response([0, 6], [0, 3], [3, 2])],
    ['the escape of non-strict EXI', 'EVENT_CODE', 47, response([0, 6], [1, 1])],
  ])('refuses %s and says where', (_what, code, bit, bytes) => {
    expect(refusalOf(bytes)).toMatchObject({ code, bit });
    expect(refusalOf(bytes).message).toMatch(/ \(at bit \d+\)$/);
  });

  it('refuses a TimeStamp of more than 64 bits', () => {
    const writer = new BitWriter();
    writer.bits(0x80, 8);
    writer.bits(8, 6);
    writer.bits(0, 3);
    writer.bits(0, 8);
    writer.bits(0, 3);
    const start = writer.finish();
    for (const last of [[0x02], [0x80, 0x00], [0xff, 0xff, 0x7f]]) {
      const long = new BitWriter();
      for (const octet of start.subarray(0, 3)) long.bits(octet, 8);
      long.bits(0, 4);
      for (const octet of [...new Uint8Array(9).fill(0xff), ...last, 0, 0]) long.bits(octet, 8);
      expect(refusalOf(long.finish())).toMatchObject({ code: 'INTEGER_RANGE', bit: 28 });
    }
  });

  it('refuses the fourth, undefined kind of encrypted key', () => {
    const encoded = encodeIso20Message(negative);
    const dataStart = findKeyCode(encoded);
    const index = dataStart >>> 3;
    for (let bit = dataStart; bit < dataStart + 2; bit++) {
      encoded[bit >>> 3] = (encoded[bit >>> 3] ?? 0) | (0x80 >>> (bit & 7));
    }
    expect(refusalOf(encoded)).toMatchObject({ code: 'EVENT_CODE', bit: dataStart });
    expect(index).toBeGreaterThan(0);
  });

  /** The event code of the encrypted key: 2 bits, and then come its START's bit, length and octets and the ends. */
  function findKeyCode(encoded: Uint8Array): number {
    const { remainingBit } = iso20ResponseTemplateOf(encoded);
    const lengthAndOctets = 8 + data.encryptedPrivateKey.value.length * 8;
    return remainingBit - 2 - 1 - 1 - lengthAndOctets - 1 - 2;
  }

  it('tolerates and names octets after the end, and the END that libcbv2g writes after a full list', () => {
    const encoded = encodeIso20Message(negative);
    const trailing = inspectIso20Message(Uint8Array.of(...encoded, 0, 0xff));
    expect(trailing).toEqual({ message: negative, octets: encoded.length, variants: ['trailing-octets'] });

    const emaids = Array<string>(8).fill('A');
    const message = withRequest({ prioritizedEMAIDs: emaids });
    const conform = encodeIso20Message(message);
    // The END of PrioritizedEMAIDs is the last bit but one; libcbv2g writes 01 for its 0.
    const writer = new BitWriter();
    const bits = lastBitOf(conform) - 2;
    for (let bit = 0; bit < bits; bit++) {
      writer.bits(((conform[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1, 1);
    }
    writer.bits(0b010, 3);
    expect(inspectIso20Message(writer.finish())).toMatchObject({ message, variants: ['libcbv2g-end'] });
  });

  /** Bits of the encoded request whose last EMAID is "A": the octet 0x41 and three ends follow its length. */
  function lastBitOf(encoded: Uint8Array): number {
    for (let bits = encoded.length * 8; bits > encoded.length * 8 - 8; bits--) {
      let octet = 0;
      for (let bit = bits - 11; bit < bits - 3; bit++) {
        octet = (octet << 1) | (((encoded[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1);
      }
      if (octet === 0x41) return bits;
    }
    throw new Error('no EMAID at the end');
  }
});

describe('a negative response', () => {
  it.each(iso20ResponseCodes)('tells %s after a journey as bytes', (responseCode) => {
    const message = negativeIso20CertificateInstallationRes({ ...header, responseCode });
    expect(decodeIso20Message(encodeIso20Message(message))).toEqual(message);
  });

  it('keeps to the lengths that the schema prescribes', () => {
    expect(data.dhPublicKey).toHaveLength(133);
    expect(data.encryptedPrivateKey).toMatchObject({ kind: 'SECP521', value: new Uint8Array(94) });
    expect(data.contractCertificateChain.subCertificates).toHaveLength(1);
  });
});

describe('fillIso20ResponseTemplate', () => {
  const template = iso20ResponseTemplateOf(encodeIso20Message(negative));
  const delivery = { ...header, remainingContractCertificateChains: 0 };

  it.each([
    ['a SessionID of 9 octets', 'TOO_LONG', template, { ...delivery, sessionId: new Uint8Array(9) }],
    ['a TimeStamp of 65 bits', 'INTEGER_RANGE', template, { ...delivery, timeStamp: 1n << 64n }],
    ['256 chains', 'INTEGER_RANGE', template, { ...delivery, remainingContractCertificateChains: 256 }],
    ['a place elsewhere', 'TRUNCATED', { ...template, remainingBit: template.remainingBit - 8 }, delivery],
    ['no octets', 'TRUNCATED', { octets: new Uint8Array(0), remainingBit: -17 }, delivery],
    [
      'another document',
      'HEADER',
      { ...template, octets: Uint8Array.of(0x80, 0x98, ...template.octets.subarray(2)) },
      delivery,
    ],
    [
      'a template that ends early',
      'TRUNCATED',
      { octets: template.octets.subarray(0, 14), remainingBit: 97 },
      delivery,
    ],
  ])('refuses %s', (_what, code, stored, to) => {
    expect(() => fillIso20ResponseTemplate(stored, to)).toThrow(ExiError);
    expect(() => fillIso20ResponseTemplate(stored, to)).toThrow(expect.objectContaining({ code }));
  });

  it('is made of responses only, without what follows them', () => {
    expect(() => iso20ResponseTemplateOf(encodeIso20Message({ header, body: request }))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MESSAGE' }),
    );
    expect(iso20ResponseTemplateOf(Uint8Array.of(...template.octets, 0))).toEqual(template);
  });
});
