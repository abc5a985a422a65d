import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemoPki, signData, toPem, type DemoPki } from '@chargegraph/pki';
import { startRcp, type TestRcp } from './rcp.fixture.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const query = '{ trustList { content signedData signerCertificate { fingerprint } issuedAt } }';

describe('the trust list', () => {
  let pki: DemoPki;
  let rcp: TestRcp;
  beforeAll(async () => {
    pki = await createDemoPki({ now });
    const { certificate, privateKey } = pki.cps.leaf;
    const sign = (octets: Uint8Array) => Promise.resolve(signData(privateKey, octets));
    rcp = await startRcp(now, { trustListSigner: () => Promise.resolve({ certificate, sign }) });
    for (const [type, root] of [
      ['V2G', pki.v2gRoot],
      ['OEM', pki.oemRoot],
    ] as const) {
      await rcp.execute(
        'OPERATOR',
        'mutation ($input: AddRootCertificateInput!) { addRootCertificate(input: $input) { userErrors { message } } }',
        { input: { certificate: toPem(root.certificate), type } },
      );
    }
  });
  afterAll(() => rcp.stop());

  it('holds the roots that are in their dates, in JSON, signed over these very octets', async () => {
    const { data, errors } = await rcp.execute('CPO', query);
    expect(errors).toBeUndefined();
    const list = data?.['trustList'] as { content: string; signedData: string; issuedAt: string };
    expect(list).toMatchObject({
      signerCertificate: { fingerprint: pki.cps.leaf.certificate.fingerprint },
      issuedAt: now.toISOString(),
    });
    expect(Buffer.from(list.signedData, 'base64').includes(list.content)).toBe(true);
    const entry = (rootType: string, { certificate }: DemoPki['v2gRoot']) => ({
      rootType,
      fingerprint: certificate.fingerprint,
      distinguishedName: certificate.subject,
      validFrom: certificate.notBefore.toISOString(),
      validTo: certificate.notAfter.toISOString(),
      caCertificate: Buffer.from(certificate.der).toString('base64'),
    });
    const { issuedAt, rootCertificates } = JSON.parse(list.content) as Record<string, unknown>;
    expect(issuedAt).toBe(now.toISOString());
    expect(rootCertificates).toHaveLength(2);
    expect(rootCertificates).toEqual(
      expect.arrayContaining([entry('V2G', pki.v2gRoot), entry('OEM', pki.oemRoot)]),
    );

    rcp.clock.set(pki.oemRoot.certificate.notAfter);
    const later = (await rcp.execute('CPO', query)).data?.['trustList'] as { content: string };
    expect(later.content).not.toContain(pki.oemRoot.certificate.fingerprint);
    rcp.clock.set(now);
  });
});

it('is none without a signer of trust lists', async () => {
  const rcp = await startRcp(now);
  expect((await rcp.execute('CPO', query)).data).toEqual({ trustList: null });
  await rcp.stop();
});
