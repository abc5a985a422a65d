import { describe, expect, it } from 'vitest';
import { iso20FragmentFieldsFromJson, iso20MessageFromJson } from './from-json.ts';
import { negativeIso20CertificateInstallationRes } from './negative.ts';
import { iso20MessageToJson } from './to-json.ts';

const message = iso20MessageToJson(
  negativeIso20CertificateInstallationRes({
    sessionId: Uint8Array.of(0xab),
    timeStamp: 7n,
    responseCode: 'WARNING_eMSPUnknown',
  }),
);
const { header, body } = message;
if (body.type !== 'CertificateInstallationRes') throw new Error('not a response');
const data = body.signedInstallationData;
const { secp521EncryptedPrivateKey: _key, ...withoutKey } = data;

function withData(signedInstallationData: object): unknown {
  return { header, body: { ...body, signedInstallationData } };
}

describe('iso20MessageFromJson', () => {
  it('reads what is shown, and hexadecimal in either case', () => {
    const lower = { header: { ...header, sessionId: 'ab' }, body };
    expect(iso20MessageToJson(iso20MessageFromJson(lower))).toEqual(message);
  });

  it.each<[string, unknown]>([
    ['the message must be an object', null],
    ['header.timeStamp is missing', { header: { sessionId: '' }, body }],
    ['header.timeStamp must be a decimal integer', { header: { ...header, timeStamp: '0x1' }, body }],
    ['header.notification is not a field', { header: { ...header, notification: {} }, body }],
    ['body.type must be one of', { header, body: { type: 'CertificateUpdateReq' } }],
    [
      'body.responseCode must be one of',
      { header, body: { ...body, responseCode: 'FAILED_NoCertificateAvailable' } },
    ],
    ['body.signedInstallationData must have exactly one of', withData(withoutKey)],
    [
      'body.signedInstallationData must have exactly one of',
      withData({ ...data, tpmEncryptedPrivateKey: 'AA==' }),
    ],
    ['body.signedInstallationData.ecdhCurve must be one of', withData({ ...data, ecdhCurve: 'P521' })],
    [
      'body.cpsCertificateChain.id is not a field',
      { header, body: { ...body, cpsCertificateChain: { id: 'a', certificate: '' } } },
    ],
    [
      'body.remainingContractCertificateChains must be an integer',
      { header, body: { ...body, remainingContractCertificateChains: '1' } },
    ],
    [
      'body.oemProvisioningCertificateChain.id is missing',
      {
        header,
        body: {
          type: 'CertificateInstallationReq',
          oemProvisioningCertificateChain: { certificate: '' },
        },
      },
    ],
  ])('refuses: %s', (sentence, value) => {
    expect(() => iso20MessageFromJson(value)).toThrow(sentence);
  });

  it('names the fields of a fragment from the fragment on', () => {
    expect(() => iso20FragmentFieldsFromJson('SignedInstallationData', { id: 'a' })).toThrow(
      /^contractCertificateChain is missing/,
    );
  });
});
