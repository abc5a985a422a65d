import { describe, expect, it } from 'vitest';
import { ExiError } from '../exi/error.ts';
import { encodeMessage } from './encode.ts';
import type { CertificateInstallationReq, CertificateUpdateRes, Iso2Header, Iso2Message } from './model.ts';
import { negativeCertificateUpdateRes } from './negative.ts';
import { withSessionId } from './template.ts';

const header: Iso2Header = { sessionId: new Uint8Array(8) };
const root = { x509IssuerName: 'CN=Root', x509SerialNumber: 1n };
const request: CertificateInstallationReq = {
  type: 'CertificateInstallationReq',
  id: 'ID1',
  oemProvisioningCert: new Uint8Array(800),
  listOfRootCertificateIDs: [root],
};
const { body: response } = negativeCertificateUpdateRes({
  sessionId: new Uint8Array(0),
  responseCode: 'FAILED',
});

function withRequest(change: Partial<CertificateInstallationReq>): Iso2Message {
  return { header, body: { ...request, ...change } };
}

function withResponse(change: Partial<CertificateUpdateRes>): Iso2Message {
  return { header, body: { ...response, ...change } };
}

const signedInfo = { canonicalizationMethod: 'c', signatureMethod: 's', references: [] };
const chain = (...sizes: number[]) => ({
  certificate: new Uint8Array(1),
  subCertificates: sizes.map((size) => new Uint8Array(size)),
});

describe('encodeMessage', () => {
  it('takes the greatest lengths that the schema allows', () => {
    expect(() =>
      encodeMessage(withRequest({ listOfRootCertificateIDs: Array.from({ length: 20 }, () => root) })),
    ).not.toThrow();
    expect(() =>
      encodeMessage(withResponse({ retryCounter: -32_768, emaid: { id: 'a', value: 'A'.repeat(15) } })),
    ).not.toThrow();
  });

  it.each<[string, string, Iso2Message]>([
    ['a SessionID of 9 octets', 'TOO_LONG', { header: { sessionId: new Uint8Array(9) }, body: request }],
    ['a certificate of 801 octets', 'TOO_LONG', withRequest({ oemProvisioningCert: new Uint8Array(801) })],
    ['a sub-CA of 801 octets', 'TOO_LONG', withResponse({ contractSignatureCertChain: chain(1, 801) })],
    ['an empty SubCertificates', 'COUNT', withResponse({ saProvisioningCertificateChain: chain() })],
    ['five sub-CAs', 'COUNT', withResponse({ saProvisioningCertificateChain: chain(1, 1, 1, 1, 1) })],
    ['no root', 'COUNT', withRequest({ listOfRootCertificateIDs: [] })],
    ['21 roots', 'COUNT', withRequest({ listOfRootCertificateIDs: Array.from({ length: 21 }, () => root) })],
    ['an eMAID of 16 characters', 'TOO_LONG', withResponse({ emaid: { id: 'a', value: 'A'.repeat(16) } })],
    ['a retry counter of 17 bits', 'INTEGER_RANGE', withResponse({ retryCounter: 32_768 })],
    ['a retry counter that is no integer', 'INTEGER_RANGE', withResponse({ retryCounter: 0.5 })],
    [
      'a serial number beyond all bounds',
      'INTEGER_RANGE',
      withRequest({ listOfRootCertificateIDs: [{ ...root, x509SerialNumber: 1n << 400n }] }),
    ],
    ['half of a surrogate pair', 'CHARACTER', withRequest({ id: 'a\ud83d' })],
    ['a character that XML does not allow', 'CHARACTER', withRequest({ id: '\u0000' })],
    [
      'a fault message of 65 characters',
      'TOO_LONG',
      {
        header: { ...header, notification: { faultCode: 'UnknownError', faultMsg: '🚗'.repeat(65) } },
        body: request,
      },
    ],
    [
      'a signature without a reference',
      'COUNT',
      { header: { ...header, signature: { signedInfo, signatureValue: new Uint8Array(64) } }, body: request },
    ],
    [
      'a reference with an empty Transforms',
      'COUNT',
      {
        header: {
          ...header,
          signature: {
            signedInfo: {
              ...signedInfo,
              references: [{ transforms: [], digestMethod: 'd', digestValue: new Uint8Array(32) }],
            },
            signatureValue: new Uint8Array(64),
          },
        },
        body: request,
      },
    ],
  ])('refuses %s', (_what, code, message) => {
    expect(() => encodeMessage(message)).toThrow(ExiError);
    expect(() => encodeMessage(message)).toThrow(expect.objectContaining({ code }));
  });
});

describe('withSessionId', () => {
  it('refuses a SessionID of 9 octets', () => {
    const encoded = encodeMessage({ header, body: request });
    expect(() => withSessionId(encoded, new Uint8Array(9))).toThrow(
      expect.objectContaining({ code: 'TOO_LONG' }),
    );
  });

  it.each([
    ['nothing', []],
    ['another EXI header', [0xa0, 0x98, 0, 0, 0]],
    ['another document', [0x80, 0x9a, 0, 0, 0]],
    ['a SessionID longer than 8 octets', [0x80, 0x98, 0x3f, 0xc0, 0]],
    ['a SessionID that is cut off', [0x80, 0x98, 0x02, 0x00, 0]],
  ])('refuses %s', (_what, octets) => {
    expect(() => withSessionId(Uint8Array.from(octets), new Uint8Array(1))).toThrow(ExiError);
  });
});
