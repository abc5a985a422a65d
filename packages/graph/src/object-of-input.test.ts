import {
  createDemoPki,
  issueContractCertificate,
  issueProvisioningCertificate,
  toPem,
} from '@chargegraph/pki';
import { beforeAll, describe, expect, it } from 'vitest';
import { globalId } from './global-id.ts';
import { objectOfInput } from './object-of-input.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const pcid = 'WCGtest0000000001';
let root: { readonly pem: string; readonly fingerprint: string };
let car: string;
let contract: string;

beforeAll(async () => {
  const pki = await createDemoPki({ now });
  const { certificate } = pki.v2gRoot;
  root = { pem: toPem(certificate), fingerprint: certificate.fingerprint };
  car = toPem((await issueProvisioningCertificate(pki, { pcid })).certificate);
  const emaid = 'DEABCC000000014';
  const notAfter = new Date('2027-03-01T12:00:00.000Z');
  contract = toPem(
    (await issueContractCertificate(pki.mo.subCa2, { emaid, notBefore: now, notAfter })).certificate,
  );
});

describe('the object of a refused mutation', () => {
  it.each<[string, string, () => object, () => string]>([
    [
      'an EMAID',
      'deleteContract',
      () => ({ emaid: 'de-abc-c00000001-4', pcid }),
      () => 'Contract DEABCC00000001',
    ],
    [
      'a contract certificate',
      'signContractData',
      () => ({ contractCertificate: contract, pcid }),
      () => 'Contract DEABCC00000001',
    ],
    ['a PCID', 'factoryResetVehicle', () => ({ pcid }), () => 'ProvisioningCertificate WCGTEST0000000001'],
    [
      "a car's certificate",
      'publishProvisioningCertificate',
      () => ({ vehicleCertificate: car }),
      () => 'ProvisioningCertificate WCGTEST0000000001',
    ],
    ['a client id', 'disableClient', () => ({ clientId: 'some-oem' }), () => 'Client some-oem'],
    [
      'a root',
      'addRootCertificate',
      () => ({ certificate: root.pem, type: 'V2G' }),
      () => `RootCertificate ${root.fingerprint}`,
    ],
    ['a signer', 'addCpsSigner', () => ({ certificate: root.pem }), () => `CpsSigner ${root.fingerprint}`],
    [
      'a fingerprint',
      'removeRootCertificate',
      () => ({ fingerprint: root.fingerprint }),
      () => `RootCertificate ${root.fingerprint}`,
    ],
    [
      'a global id',
      'retireCpsSigner',
      () => ({ id: globalId('CpsSigner', root.fingerprint, 'ISO15118_2') }),
      () => `CpsSigner ${root.fingerprint} ISO15118_2`,
    ],
  ])('is what %s names', (_, field, input, expected) => {
    expect(objectOfInput(field, { input: input() })).toBe(expected());
    expect(objectOfInput(field, { ...input() })).toBe(expected());
  });

  const secret = 'q4fYw0l7m2Zt8oXc5vRk1sNbJ9hGdA3eUiPyT6xLwMs';
  it.each<[string, object]>([
    ['nothing', {}],
    [
      'nothing that is known here',
      { note: 'DEABCC00000001', encryptedPrivateKey: secret, clientSecret: secret },
    ],
    [
      'what has not its form',
      { emaid: secret, pcid: secret, clientId: secret, id: secret, fingerprint: secret, certificate: secret },
    ],
    [
      'what is no text',
      { emaid: 1, pcid: null, clientId: {}, id: [], fingerprint: Buffer.alloc(32), certificate: {} },
    ],
    ['a forged global id', { id: Buffer.from(`CpsSigner:${secret} and more`).toString('base64url') }],
  ])('is empty for an input that names %s', (_, input) => {
    expect(objectOfInput('deleteContract', { input })).toBe('');
  });
});
