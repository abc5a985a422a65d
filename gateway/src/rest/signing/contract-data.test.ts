import { beforeAll, describe, expect, it } from 'vitest';
import { createDemoPki, issueContractCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { readContractData, requireSameEmaid } from './contract-data.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const der = ({ der: octets }: Certificate) => Buffer.from(octets).toString('base64');
const key = { contractSignatureEncryptedPrivateKey: 'AA\r\nAA', dHpublickey: 'BBBB' };

describe('contract data', () => {
  let contract: Certificate;
  let subCa1: Certificate;
  let subCa2: Certificate;
  beforeAll(async () => {
    const pki = await createDemoPki({ now });
    ({ certificate: subCa1 } = pki.mo.subCa1);
    ({ certificate: subCa2 } = pki.mo.subCa2);
    const notAfter = new Date(now.getTime() + 90 * 86_400_000);
    const request = { emaid: 'DEABCC000000017', notBefore: now, notAfter };
    ({ certificate: contract } = await issueContractCertificate(pki.mo.subCa2, request));
  });

  it('is read in both of OPCP’s forms, with one sub-CA or two, in base64 and PEM', () => {
    const keyInput = { encryptedPrivateKey: 'AAAA', dhPublicKey: 'BBBB' };
    const newer = { ...key, contractCertificate: toPem(contract), contractSubCa1Certificate: der(subCa2) };
    expect(readContractData(newer)).toEqual({
      ...keyInput,
      contractCertificate: toPem(contract),
      subCaCertificates: [der(subCa2)],
    });
    const contractSubCa2Certificate = der(subCa1);
    expect(readContractData({ ...newer, contractSubCa2Certificate }).subCaCertificates).toEqual([
      der(subCa1),
      der(subCa2),
    ]);
    const contractSignatureCertChain = {
      contractSignatureCertChainCertificate: der(contract),
      contractSignatureCertChainSubCertificates: [der(subCa2), toPem(subCa1)],
    };
    expect(readContractData({ ...key, contractSignatureCertChain })).toEqual({
      ...keyInput,
      contractCertificate: der(contract),
      subCaCertificates: [der(subCa2), toPem(subCa1)],
    });
  });

  it('without a certificate in either form is refused, naming the field', () => {
    expect(() => readContractData({ ...key, contractSignatureCertChain: null })).toThrow(
      'contractData.contractCertificate : must not be blank',
    );
    const chain = { ...key, contractCertificate: der(contract), contractSubCa1Certificate: null };
    expect(() => readContractData(chain)).toThrow(
      'contractData.contractSubCa1Certificate : must not be blank',
    );
  });

  it('may name its EMAID in any spelling and with another check digit, and no other one', () => {
    for (const emaid of ['DEABCC000000017', 'de-abc-c00000001', 'DEABCC000000018', '', null, undefined])
      expect(() => requireSameEmaid(der(contract), [emaid])).not.toThrow();
    for (const emaid of ['DEABCC000000027', 'nonsense'])
      expect(() => requireSameEmaid(der(contract), ['DEABCC000000017', emaid])).toThrow(/^emaid : must be/);
    // The graph refuses one whose name is no EMAID.
    expect(() => requireSameEmaid(der(subCa1), ['DEABCC000000017'])).not.toThrow();
  });
});
