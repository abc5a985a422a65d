import { describe, expect, it } from 'vitest';
import { expiryQuestion } from '@chargegraph/expiry';
import { explainReads } from '@chargegraph/database/testing';
import { issueCertificate, type Certificate } from '@chargegraph/pki';
import { createRootSet, type RootSet } from '@chargegraph/trust';
import { provisioningExpiry } from './domain/expiry.ts';
import { partner, service } from './pcp.fixture.ts';
import { day, issue, now, oem, pem, pki, pool, preparePublishing, published } from './publish.fixture.ts';
import { createCertificateCounts } from './store/expiry.ts';

preparePublishing();

const query = `query ($within: [Duration!]!) {
  provisioningPoolExpiry(within: $within) {
    pool at kinds { kind total ended within { duration count } revoked invalidChain } } }`;

const publishCar = async (name: string, days: number): Promise<Certificate> => {
  const { certificate } = await issue({ name, notAfter: new Date(now.getTime() + days * day) });
  await published({ vehicleCertificate: pem(certificate) });
  return certificate;
};
const holding = (...roots: Certificate[]): RootSet =>
  createRootSet(roots.map((certificate) => ({ type: 'OEM', certificate })));
const durations = [7, 30, 90].map((days) => days * day);
const counted = async (held: RootSet | undefined, at = now) => {
  const question = expiryQuestion(durations, at);
  return (await provisioningExpiry(createCertificateCounts(pool.database), held, question))[0];
};

describe('the ends of provisioning certificates', () => {
  it('are counted as of now, with those that are known to be revoked', async () => {
    await publishCar('WDBTEST0000000001', 7);
    await publishCar('WDBTEST0000000002', 20);
    const revoked = await publishCar('WDBTEST0000000003', 200);
    const good = await publishCar('WDBTEST0000000004', 1);
    for (const [{ fingerprint }, status] of [
      [revoked, 'REVOKED'],
      [good, 'GOOD'],
    ] as const) {
      await pool.database.execute(
        `INSERT INTO certificate_status
           (fingerprint, status, source, checked_at, valid_until, this_update, revoked_at, detail)
         VALUES ($1, $2, 'CRL', $3, $3, $3, $4, '')`,
        [fingerprint, status, now, status === 'REVOKED' ? now : null],
      );
    }
    pool.clock.set(new Date(now.getTime() + day));
    pool.asked.length = 0;
    const { data, errors } = await pool.execute(service, query, { within: ['P7D', 'P30D'] });
    expect({ data, errors }).toEqual({
      errors: undefined,
      data: {
        provisioningPoolExpiry: {
          pool: 'pcp',
          at: pool.clock.now().toISOString(),
          kinds: [
            {
              kind: 'PROVISIONING_CERTIFICATE',
              total: 4,
              ended: 1,
              within: [
                { duration: 'P7D', count: 1 },
                { duration: 'P30D', count: 2 },
              ],
              revoked: 1,
              // RCP's log is not followed here: it would have to be asked.
              invalidChain: null,
            },
          ],
        },
      },
    });
    expect(pool.asked).toEqual([]);
    await pool.database.execute('DELETE FROM certificate_status');
  });

  it('are for operator and services alone', async () => {
    expect((await pool.execute(partner('OPERATOR'), query, { within: [] })).errors).toBeUndefined();
    for (const caller of [oem, partner('MO'), partner('CPO'), partner('CPS')]) {
      expect((await pool.execute(caller, query, { within: [] })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });

  it('are not read from the certificates themselves, of which there may be many', async () => {
    await pool.database.execute(
      `INSERT INTO provisioning_certificate (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint, root_der,
         v2g_root_key_identifiers, warnings, not_before, not_after, epoch, published_at, updated_at)
       SELECT 'WDB' || lpad(n::text, 14, '0'), 'ISO15118_2', lpad(to_hex(n), 64, '0'), '', '{}',
              lpad(to_hex(n % 3), 64, '0'), '', '{}', '{}', $1::timestamptz, $1 + n * interval '1 hour', n, $1, $1
         FROM generate_series(1, 2000) n`,
      [now],
    );
    await pool.database.execute('ANALYZE provisioning_certificate');
    const { database, plans } = explainReads(pool.database);
    const counts = createCertificateCounts(database);
    expect(await counts.counts(expiryQuestion(durations, now))).toMatchObject({
      total: 2_000,
      ended: 0,
      within: [{ count: 168 }, { count: 720 }, { count: 2_000 }],
    });
    expect(await counts.roots()).toHaveLength(3);
    expect(await counts.countUnder(['0'.repeat(64)])).toBe(666);
    expect(plans).toHaveLength(4);
    expect(plans.join('\n')).not.toMatch(/(Seq|Bitmap Heap) Scan on provisioning_certificate/);
  });
});

describe('certificates without a root', () => {
  it('are counted while it is known which roots RCP holds', async () => {
    await publishCar('WDBTEST0000000001', 20);
    await publishCar('WDBTEST0000000002', 20);
    expect(await counted(holding(pki.oemRoot.certificate))).toMatchObject({ invalidChain: 0 });
    expect(await counted(holding(pki.moRoot.certificate))).toMatchObject({ invalidChain: 2 });
    expect(await counted(holding())).toMatchObject({ invalidChain: 2 });
    expect(await counted(undefined)).toMatchObject({ invalidChain: undefined });
  });

  it('are not those whose root was renewed under its name and key', async () => {
    const root = await issue({ name: 'Some Root', issuer: 'self', ca: {} });
    const subCa = await issue({ name: 'Some Sub-CA', issuer: root, ca: { pathLength: 0 } });
    pool.roots.set(root.certificate, 'OEM');
    await published({
      vehicleCertificate: pem(await issue({ issuer: subCa })),
      subCa1Certificate: pem(subCa),
      subCa2Certificate: null,
    });
    const renewed = await issueCertificate({
      subject: { commonName: 'Some Root', domainComponent: 'OEM' },
      publicKey: root.certificate.publicKey,
      signingKey: root.privateKey,
      notBefore: root.certificate.notBefore,
      notAfter: new Date(now.getTime() + 3_650 * day),
      ca: {},
      keyUsage: ['keyCertSign', 'cRLSign'],
    });
    expect(await counted(holding(pki.oemRoot.certificate))).toMatchObject({ invalidChain: 1 });
    expect(await counted(holding(renewed))).toMatchObject({ invalidChain: 0 });
  });
});
