import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import {
  createDemoPki,
  issueCertificate,
  issueProvisioningCertificate,
  type Certificate,
} from '@chargegraph/pki';
import { silentLogger } from '@chargegraph/service';
import { pcpMigrations } from './subgraph.ts';

it('certificates that were there before get an epoch each and the start of their validity', async () => {
  const now = new Date('2026-11-01T12:00:00Z');
  const pki = await createDemoPki({ now });
  const pki20 = await createDemoPki({ now, edition: '-20' });
  // From 2050 on, certificates have their instants in another form (RFC 5280 clause 4.1.2.5).
  const { privateKey } = pki.oemRoot;
  const far = await issueCertificate({
    subject: { commonName: 'WDB00000000000003' },
    publicKey: pki.oemRoot.certificate.publicKey,
    signingKey: privateKey,
    notBefore: new Date('2051-02-03T04:05:06Z'),
    notAfter: new Date('2061-02-03T04:05:06Z'),
  });
  const certificates: readonly Certificate[] = [
    (await issueProvisioningCertificate(pki, { pcid: 'WDB00000000000001' })).certificate,
    (await issueProvisioningCertificate(pki20, { pcid: 'WDB00000000000002' })).certificate,
    far,
  ];
  const postgres = await createTestDatabase();
  const earlier = await mkdtemp(join(tmpdir(), 'chargegraph-migrations-'));
  const database = createDatabase({ url: postgres.url, schema: 'pcp', logger: silentLogger });
  try {
    await cp(pcpMigrations, earlier, {
      recursive: true,
      filter: (path) => basename(path) < '202611210001' || !/^\d{14}_/.test(basename(path)),
    });
    const target = { url: postgres.url, schema: 'pcp', logger: silentLogger };
    await migrate({ ...target, folder: earlier });
    for (const { commonName, fingerprint, der, notAfter } of certificates) {
      await database.execute(
        `INSERT INTO provisioning_certificate
           (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint, root_der, v2g_root_key_identifiers,
            warnings, not_after, published_at, updated_at)
         VALUES ($1, 'ISO15118_2', $2, $3, '{}', $2, $3, '{}', '{}', $4, $4, $4)`,
        [commonName, fingerprint, der, notAfter],
      );
    }
    await migrate({ ...target, folder: pcpMigrations });
    const rows = await database.query<{ not_before: Date; epoch: string; wmi: string }>(
      'SELECT not_before, epoch, wmi FROM provisioning_certificate ORDER BY pcid',
    );
    expect(rows.map(({ not_before: begins }) => begins)).toEqual(
      certificates.map(({ notBefore }) => notBefore),
    );
    expect(new Set(rows.map(({ epoch }) => epoch)).size).toBe(certificates.length);
    expect(rows.map(({ wmi }) => wmi)).toEqual(['WDB', 'WDB', 'WDB']);
  } finally {
    await database.close();
    await postgres.drop();
    await rm(earlier, { recursive: true, force: true });
  }
});
