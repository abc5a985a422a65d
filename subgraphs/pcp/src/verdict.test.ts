import { describe, expect, it } from 'vitest';
import {
  issueCertificate,
  issueProvisioningCertificate,
  type Certificate,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { partner } from './pcp.fixture.ts';
import {
  day,
  issue,
  now,
  oem,
  pcid,
  pem,
  pki,
  pool,
  preparePublishing,
  published,
} from './publish.fixture.ts';

preparePublishing();

interface Verdict {
  readonly status: string;
  readonly reasons: readonly string[];
  readonly checkedAt: string;
}

const query = /* GraphQL */ `
  query Verdict($pcid: PCID!) {
    provisioningCertificate(pcid: $pcid) {
      pcid
      verdict {
        status
        reasons
        checkedAt
      }
    }
  }
`;

async function verdict(caller = oem): Promise<Verdict> {
  const { data, errors } = await pool.execute(caller, query, { pcid });
  expect(errors).toBeUndefined();
  return (data?.['provisioningCertificate'] as { verdict: Verdict }).verdict;
}

/** A car's certificate that ends after the sub-CA that issued it. */
const outliving = () => issue({ notAfter: new Date(pki.oem.subCa2.certificate.notAfter.getTime() + day) });

/** The root again, with the same name and key and for longer. */
async function renewal({ certificate, privateKey }: IssuedCertificate): Promise<Certificate> {
  return await issueCertificate({
    subject: { commonName: certificate.commonName ?? '', domainComponent: 'OEM' },
    publicKey: certificate.publicKey,
    signingKey: privateKey,
    notBefore: certificate.notAfter,
    notAfter: new Date(certificate.notAfter.getTime() + 3_650 * day),
    ca: {},
    keyUsage: ['keyCertSign', 'cRLSign'],
  });
}

describe('the verdict on a provisioning certificate', () => {
  it.each(['MO', 'CPS', 'OPERATOR'])(
    'is INVALID_CHAIN for %s too once its root has left RCP',
    async (role) => {
      await published();
      expect((await verdict(partner(role))).status).toBe('VALID');
      pool.roots.delete(pki.oemRoot.certificate);
      const { status, reasons } = await verdict(partner(role));
      expect(status).toBe('INVALID_CHAIN');
      expect(reasons).toEqual([expect.stringContaining(pki.oemRoot.certificate.subject)]);
      pool.roots.set(pki.oemRoot.certificate, 'OEM');
      expect((await verdict(partner(role))).status).toBe('VALID');
    },
  );

  it('is INVALID_CHAIN when RCP holds the root as one of something else', async () => {
    await published();
    pool.roots.set(pki.oemRoot.certificate, 'MO');
    expect((await verdict()).status).toBe('INVALID_CHAIN');
  });

  it('tells of dates as well when the root is gone', async () => {
    await published({ vehicleCertificate: pem(await outliving()) });
    pool.roots.delete(pki.oemRoot.certificate);
    pool.clock.set(pki.oem.subCa2.certificate.notAfter);
    const { status, reasons, checkedAt } = await verdict();
    expect(status).toBe('INVALID_CHAIN');
    expect(reasons.join()).toContain(`${pki.oem.subCa2.certificate.subject} ended on`);
    expect(checkedAt).toBe(pool.clock.now().toISOString());
  });

  it('is EXPIRED once the car’s own certificate has ended, whatever became of its chain', async () => {
    const own = await issue({ notAfter: new Date(now.getTime() + day) });
    await published({ vehicleCertificate: pem(own) });
    pool.clock.set(new Date(now.getTime() + day));
    expect((await verdict()).status).toBe('EXPIRED');
    pool.roots.delete(pki.oemRoot.certificate);
    const { status, reasons } = await verdict();
    expect(status).toBe('EXPIRED');
    expect(reasons.join(' ')).toMatch(/does not hold the root .* ended on/);
  });

  it('is INVALID_CHAIN, not EXPIRED, when a sub-CA has ended before the car’s certificate', async () => {
    await published({ vehicleCertificate: pem(await outliving()) });
    pool.clock.set(pki.oem.subCa2.certificate.notAfter);
    const { status, reasons } = await verdict();
    expect(status).toBe('INVALID_CHAIN');
    expect(reasons.join()).toContain(`${pki.oem.subCa2.certificate.subject} ended on`);
  });

  it('is INVALID_CHAIN when the root has ended, until RCP holds it renewed under the same key', async () => {
    const ends = new Date(now.getTime() + 10 * day);
    const root = await issue({ name: 'Short Root', issuer: 'self', ca: {}, notAfter: ends });
    const subCa = await issue({ name: 'Sub-CA', issuer: root, ca: { pathLength: 0 } });
    pool.roots.set(root.certificate, 'OEM');
    await published({
      vehicleCertificate: pem(await issue({ issuer: subCa })),
      subCa1Certificate: pem(subCa),
      subCa2Certificate: undefined,
    });
    expect((await verdict()).status).toBe('VALID');
    pool.clock.set(ends);
    const { status, reasons } = await verdict();
    expect([status, reasons[0]]).toEqual([
      'INVALID_CHAIN',
      expect.stringContaining(`${root.certificate.subject} ended on`),
    ]);
    const renewed = await renewal(root);
    pool.roots.set(renewed, 'OEM');
    expect((await verdict()).status).toBe('VALID');
    pool.roots.delete(root.certificate);
    expect((await verdict()).status).toBe('VALID');
    // Another key under the same name is another root.
    pool.roots.delete(renewed);
    pool.roots.set((await issue({ name: 'Short Root', issuer: 'self', ca: {} })).certificate, 'OEM');
    expect((await verdict()).status).toBe('INVALID_CHAIN');
  });

  it('keeps what the chain departs from the profile in', async () => {
    await published({ vehicleCertificate: pem(await issue({ keyUsage: false })) });
    const { status, reasons } = await verdict();
    expect([status, reasons.join()]).toEqual(['VALID', expect.stringContaining('key usage')]);
  });

  it('is INVALID_CHAIN when the stored certificate is not the one that was accepted', async () => {
    await published();
    const other = await issueProvisioningCertificate(
      await issue({ name: 'Nobody', issuer: 'self', ca: {} }),
      { pcid },
    );
    await pool.database.execute('UPDATE provisioning_certificate SET der = $1', [other.certificate.der]);
    expect((await verdict()).status).toBe('INVALID_CHAIN');
  });
});

describe('asking RCP for its roots', () => {
  it('happens once for many verdicts', async () => {
    for (const each of ['WDB00000000000001', 'WDB00000000000002', 'WDB00000000000003']) {
      await published({ vehicleCertificate: pem(await issueProvisioningCertificate(pki, { pcid: each })) });
    }
    pool.roots.clear();
    pool.roots.set(pki.oemRoot.certificate, 'OEM');
    pool.asked.length = 0;
    const { data } = await pool.execute(
      oem,
      '{ provisioningCertificates(first: 10) { nodes { verdict { status } } } }',
    );
    expect(data).toEqual({
      provisioningCertificates: {
        nodes: Array.from({ length: 3 }, () => ({ verdict: { status: 'VALID' } })),
      },
    });
    expect(pool.asked).toHaveLength(1);
  });

  it('does not happen when no verdict is selected', async () => {
    await published();
    pool.asked.length = 0;
    pool.outage.on = true;
    const { data } = await pool.execute(
      oem,
      `{ provisioningCertificate(pcid: "${pcid}") { pcid rootCertificate { id } } }`,
    );
    expect(data).toMatchObject({ provisioningCertificate: { pcid } });
    expect(pool.asked).toEqual([]);
  });

  it('that fails gives an error and no verdict', async () => {
    await published();
    pool.outage.on = true;
    const { data, errors } = await pool.execute(oem, query, { pcid });
    expect(data).toEqual({ provisioningCertificate: null });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  });
});
