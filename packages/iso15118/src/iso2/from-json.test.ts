import { describe, expect, it } from 'vitest';
import { fragmentFieldsFromJson, messageFromJson } from './from-json.ts';

const root = { x509IssuerName: 'CN=Root', x509SerialNumber: '1' };
const body = {
  type: 'CertificateInstallationReq',
  id: 'ID1',
  oemProvisioningCert: 'AA==',
  listOfRootCertificateIDs: [root],
};
const header = { sessionId: 'ab01' };

function withRoot(change: object): unknown {
  return { header, body: { ...body, listOfRootCertificateIDs: [root, { ...root, ...change }] } };
}

describe('messageFromJson', () => {
  it('reads a message and takes hexadecimal in either case', () => {
    expect(messageFromJson({ header, body })).toEqual({
      header: { sessionId: Uint8Array.of(0xab, 0x01) },
      body: {
        type: 'CertificateInstallationReq',
        id: 'ID1',
        oemProvisioningCert: Uint8Array.of(0),
        listOfRootCertificateIDs: [{ x509IssuerName: 'CN=Root', x509SerialNumber: 1n }],
      },
    });
  });

  it.each<[string, unknown]>([
    ['the message must be an object', null],
    ['the message must be an object', []],
    ['header is missing', {}],
    ['header.sessionId is missing', { header: {}, body }],
    ['header.sessionId must be hexadecimal', { header: { sessionId: 'ABC' }, body }],
    [
      'header.notification.faultCode must be one of',
      { header: { ...header, notification: { faultCode: 'x' } }, body },
    ],
    ['header.signature.signedInfo is missing', { header: { ...header, signature: {} }, body }],
    ['body.oemProvisioningCert must be base64', { header, body: { ...body, oemProvisioningCert: 'AB==' } }],
    ['body.oemProvisioningCert must be base64', { header, body: { ...body, oemProvisioningCert: 'A A=' } }],
    ['body.oemProvisioningCert must be a string', { header, body: { ...body, oemProvisioningCert: 1 } }],
    [
      'body.listOfRootCertificateIDs must be an array',
      { header, body: { ...body, listOfRootCertificateIDs: {} } },
    ],
    [
      'body.listOfRootCertificateIDs[1].x509SerialNumber must be a decimal',
      withRoot({ x509SerialNumber: '0x1' }),
    ],
    [
      'body.listOfRootCertificateIDs[1].x509SerialNumber must be a decimal',
      withRoot({ x509SerialNumber: '-0' }),
    ],
    ['body.listOfRootCertificateIDs[1].x509SerialNumber must be a string', withRoot({ x509SerialNumber: 1 })],
    ['body.listOfRootCertificateIDs[1].serial is not a field', withRoot({ serial: '1' })],
    ['body.retryCounter is not a field', { header, body: { ...body, retryCounter: 1 } }],
    ['body.type must be one of', { header, body: { ...body, type: 'toString' } }],
    ['extra is not a field', { header, body, extra: 1 }],
  ])('says: %s', (sentence, value) => {
    expect(() => messageFromJson(value)).toThrow(expect.objectContaining({ name: 'MessageJsonError' }));
    expect(() => messageFromJson(value)).toThrow(sentence);
  });
});

describe('fragmentFieldsFromJson', () => {
  it('reads the fields of an element', () => {
    expect(fragmentFieldsFromJson('DHpublickey', { id: 'ID3', value: 'BA==' })).toEqual({
      id: 'ID3',
      value: Uint8Array.of(4),
    });
  });

  it('names the field that is wrong', () => {
    expect(() => fragmentFieldsFromJson('eMAID', { id: 'ID4' })).toThrow('value is missing');
    expect(() => fragmentFieldsFromJson('CertificateInstallationReq', body)).toThrow('type is not a field');
  });
});
