import { beforeAll, describe, expect, it } from 'vitest';
import { createDemoPki, issueContractCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { ofOneGeneration, opcpContracts, type HeldContract } from './contract.ts';

const emaid = 'DE8AACA2B3C4D5';

describe('a contract as OPCP has it', () => {
  let certificate: Certificate;
  let root: Certificate;
  let held: HeldContract;
  beforeAll(async () => {
    const now = new Date();
    const pki = await createDemoPki({ now });
    const [notBefore, notAfter] = [now, new Date(now.getTime() + 86_400_000)];
    ({ certificate } = await issueContractCertificate(pki, { emaid, notBefore, notAfter }));
    root = pki.v2gRoot.certificate;
    const contractCertificate = { pem: toPem(certificate) };
    held = {
      emaid,
      pcid: 'WVWZZZ1JZ3W386752',
      isIso2Default: false,
      isIso20Default: true,
      signedData: [
        { namespace: 'ISO15118_20', contractCertificate, v2gRoot: null },
        { namespace: 'ISO15118_2', contractCertificate, v2gRoot: { certificate: { pem: toPem(root) } } },
      ],
    };
  });

  it('is an entry for each variant, each with the default of its generation', () => {
    const certificateFacts = {
      contractCertificate: Buffer.from(certificate.der).toString('base64'),
      certValidFrom: certificate.notBefore.toISOString(),
      certValidTo: certificate.notAfter.toISOString(),
    };
    const { pcid } = held;
    expect(opcpContracts(held)).toEqual([
      // The root pool no longer holds its root.
      {
        emaid,
        pcid,
        xsdMsgDefNamespace: 'urn:iso:15118:20:2022:MsgDef',
        defaultContract: true,
        ...certificateFacts,
      },
      {
        emaid,
        pcid,
        xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
        defaultContract: false,
        ...certificateFacts,
        cpsRootCertificateDN: root.subject.replaceAll(',', ', '),
        cpsV2GRootCertificateFingerprint: root.fingerprint,
      },
    ]);
  });

  it('is that of ISO 15118-2 when no generation is named, or of -20 when there is no other', () => {
    const generationsOf = (contract: HeldContract) =>
      ofOneGeneration(contract).signedData.map(({ namespace }) => namespace);
    expect(generationsOf(held)).toEqual(['ISO15118_2']);
    expect(generationsOf({ ...held, signedData: held.signedData.slice(0, 1) })).toEqual(['ISO15118_20']);
    expect(generationsOf({ ...held, signedData: [] })).toEqual([]);
  });
});
