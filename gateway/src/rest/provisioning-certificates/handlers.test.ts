import { describe, expect, it } from 'vitest';
import type { Role } from '@chargegraph/identity';
import { createDemoPki, issueProvisioningCertificate, toPem } from '@chargegraph/pki';
import { contextOf, pcid } from '../../graph.fixture.ts';
import type { Ask } from '../operation.ts';
import { provisioningCertificates } from './handlers.ts';

describe('a provisioning certificate that was good when it was published', async () => {
  const pki = await createDemoPki({ now: new Date() });
  const { certificate } = await issueProvisioningCertificate(pki, { pcid });
  const asked: unknown[] = [];

  /** What a caller gets of a car whose certificate is of one generation and has this verdict. */
  const read = (role: Role, status: string, namespace = 'ISO15118_2') => {
    asked.length = 0;
    const held = {
      namespace,
      certificate: { pem: toPem(certificate) },
      subCaCertificates: [{ pem: toPem(pki.oem.subCa1.certificate) }],
      rootCertificate: null,
      v2gRootAuthorityKeyIdentifiers: [],
      previousPcid: null,
      verdict: { status, reasons: status === 'VALID' ? [] : ['Why.'] },
    };
    const ask = ((_document: unknown, variables: { namespace: string }) => {
      asked.push(variables.namespace);
      return Promise.resolve({ provisioningCertificate: variables.namespace === namespace ? held : null });
    }) as Ask;
    const { caller } = contextOf(role);
    return provisioningCertificates.getOEMProvCert({
      params: { pcid },
      query: {},
      headers: {},
      caller,
      ask,
      body: undefined as never,
    });
  };

  it.each([
    ['EXPIRED', 'CERTIFICATE_EXPIRED'],
    ['REVOKED', 'CERTIFICATE_REVOKED'],
    ['INVALID_CHAIN', 'CHAIN_INVALID'],
  ])('and is %s now is refused to a mobility operator, not to its maker', async (status, code) => {
    await expect(read('MO_EXTERNAL_PKI', status)).rejects.toMatchObject({ code, message: 'Why.' });
    await expect(read('OEM', status)).resolves.toMatchObject({ status: 200 });
  });

  it('and is not valid yet is given to a mobility operator', async () => {
    await expect(read('MO_V2G_PKI', 'NOT_YET_VALID')).resolves.toMatchObject({ status: 200 });
  });

  it('is looked for in both generations, and named without the root that is gone', async () => {
    const { body } = await read('MO_V2G_PKI', 'VALID', 'ISO15118_20');
    expect(asked).toEqual(['ISO15118_2', 'ISO15118_20']);
    expect(body.OEMMessage).toMatchObject({ xsdMsgDefNamespace: 'urn:iso:15118:20:2022:MsgDef' });
    expect(body.OEMMessage).not.toHaveProperty('rootIssuerSerialNumber');
    expect(body.OEMMessage).not.toHaveProperty('subCA2Certificate');
  });
});
