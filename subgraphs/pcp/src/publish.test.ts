import { describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { service } from './pcp.fixture.ts';
import {
  day,
  issue,
  leaf,
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

describe('publishing', () => {
  it('stores the certificate, links it to its root and tells of it', async () => {
    const { events } = await pool.snapshot();
    expect(await published()).toEqual({
      id: globalId('ProvisioningCertificate', 'ISO15118_2', pcid.toUpperCase()),
      pcid,
      wmi: 'WDB',
      namespace: 'ISO15118_2',
      certificate: {
        fingerprint: leaf.certificate.fingerprint,
        subject: leaf.certificate.subject,
        pem: pem(leaf),
      },
      subCaCertificates: [pki.oem.subCa2, pki.oem.subCa1].map(({ certificate }) => ({
        fingerprint: certificate.fingerprint,
      })),
      rootCertificate: {
        __typename: 'RootCertificate',
        id: globalId('RootCertificate', pki.oemRoot.certificate.fingerprint),
      },
      verdict: { status: 'VALID', reasons: [], source: 'CHAIN', checkedAt: now.toISOString() },
      v2gRootAuthorityKeyIdentifiers: [],
      previousPcid: null,
      publishedAt: now.toISOString(),
      updatedAt: now.toISOString(),
    });
    const after = await pool.snapshot();
    expect(after.rows).toHaveLength(1);
    expect(after.events.slice(events.length)).toEqual([
      {
        type: 'PROVISIONING_CERTIFICATE_PUBLISHED',
        facts: {
          pcid: pcid.toUpperCase(),
          commonName: pcid,
          wmi: 'WDB',
          namespace: 'ISO15118_2',
          fingerprint: leaf.certificate.fingerprint,
          previousFingerprint: null,
          keyChanged: false,
          notAfter: leaf.certificate.notAfter.toISOString(),
          epoch: after.rows[0]?.epoch,
        },
      },
    ]);
  });

  it('asks RCP with the rights of a service, page by page, one hop further', async () => {
    await published();
    expect(pool.asked).toHaveLength(3);
    for (const { caller, hops } of pool.asked) {
      expect([caller.clientId, [...caller.roles], hops]).toEqual(['pcp', ['SERVICE'], 1]);
    }
  });

  it('changes nothing and tells nothing when the same content comes again', async () => {
    const first = await published({ v2gRootAuthorityKeyIdentifiers: ['AB:CD'] });
    const before = await pool.snapshot();
    pool.clock.advance(day);
    const checkedAt = pool.clock.now().toISOString();
    expect(await published({ v2gRootAuthorityKeyIdentifiers: ['abcd', 'AB:CD'] })).toEqual({
      ...first,
      verdict: { ...(first['verdict'] as object), checkedAt },
    });
    expect(await pool.snapshot()).toEqual(before);
  });

  it('replaces a certificate that was renewed under the same key', async () => {
    await published();
    const { events } = await pool.snapshot();
    const { certificate: renewed } = await issueProvisioningCertificate(pki, {
      pcid,
      publicKey: leaf.certificate.publicKey,
    });
    pool.clock.advance(day);
    expect(await published({ vehicleCertificate: pem(renewed) })).toMatchObject({
      certificate: { fingerprint: renewed.fingerprint },
      publishedAt: now.toISOString(),
      updatedAt: new Date(now.getTime() + day).toISOString(),
    });
    const after = await pool.snapshot();
    expect(after.rows).toHaveLength(1);
    expect(after.events.slice(events.length)).toMatchObject([
      {
        type: 'PROVISIONING_CERTIFICATE_UPDATED',
        facts: {
          keyChanged: false,
          fingerprint: renewed.fingerprint,
          previousFingerprint: leaf.certificate.fingerprint,
        },
      },
    ]);
  });

  it('tells when the car has another key', async () => {
    await published();
    await published({ vehicleCertificate: pem(await issueProvisioningCertificate(pki, { pcid })) });
    expect((await pool.snapshot()).events.at(-1)).toMatchObject({
      type: 'PROVISIONING_CERTIFICATE_UPDATED',
      facts: { keyChanged: true },
    });
  });

  it('renews the epoch of contract data for a new key only, and tells it in every event', async () => {
    const epochs = async () => {
      const { rows, events } = await pool.snapshot();
      const told = events.at(-1)?.facts['epoch'];
      expect(told).toBe(rows[0]?.epoch);
      return BigInt(String(told));
    };
    await published();
    const first = await epochs();
    const { publicKey } = leaf.certificate;
    const { certificate: renewed } = await issueProvisioningCertificate(pki, { pcid, publicKey });
    await published({ vehicleCertificate: pem(renewed) });
    expect(await epochs()).toBe(first);
    await published({ vehicleCertificate: pem(await issueProvisioningCertificate(pki, { pcid })) });
    const second = await epochs();
    expect(second).toBeGreaterThan(first);
    const query = `query Epoch($pcid: PCID!) { provisioningCertificate(pcid: $pcid) { contractEpoch } }`;
    expect((await pool.execute(service, query, { pcid })).data).toEqual({
      provisioningCertificate: { contractEpoch: second.toString() },
    });
    expect((await pool.execute(oem, query, { pcid })).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  it('takes another spelling of a PCID for the same car and shows the new one', async () => {
    await published();
    const upper = await issueProvisioningCertificate(pki, { pcid: pcid.toUpperCase() });
    expect(await published({ vehicleCertificate: pem(upper) })).toMatchObject({ pcid: pcid.toUpperCase() });
    expect((await pool.snapshot()).rows).toHaveLength(1);
  });

  it('stores one row and one event when the same comes several times at once', async () => {
    const { events } = await pool.snapshot();
    await Promise.all([published(), published(), published(), published()]);
    const after = await pool.snapshot();
    expect(after.rows).toHaveLength(1);
    expect(after.events).toHaveLength(events.length + 1);
  });

  it('takes a certificate that begins later, and says so until then', async () => {
    const begins = new Date(now.getTime() + day);
    const later = await issue({ notBefore: begins });
    expect(await published({ vehicleCertificate: pem(later) })).toMatchObject({
      verdict: { status: 'NOT_YET_VALID' },
    });
    pool.clock.set(begins);
    expect(await published({ vehicleCertificate: pem(later) })).toMatchObject({
      verdict: { status: 'VALID' },
    });
  });

  it('takes a chain with a single sub-CA', async () => {
    const subCa = await issue({ name: 'Only Sub-CA', issuer: pki.oemRoot, ca: { pathLength: 0 } });
    const car = await issue({ issuer: subCa });
    const result = await published({
      vehicleCertificate: pem(car),
      subCa1Certificate: pem(subCa),
      subCa2Certificate: null,
    });
    expect(result['subCaCertificates']).toEqual([{ fingerprint: subCa.certificate.fingerprint }]);
  });

  it('takes a chain under a V2G root', async () => {
    const subCa = await issue({ name: 'OEM Sub-CA', issuer: pki.v2gRoot, ca: { pathLength: 0 } });
    const car = await issue({ issuer: subCa });
    const input = { vehicleCertificate: pem(car), subCa1Certificate: pem(subCa), subCa2Certificate: null };
    expect(await published(input)).toMatchObject({
      rootCertificate: { id: globalId('RootCertificate', pki.v2gRoot.certificate.fingerprint) },
    });
  });

  it('sorts sub-CAs that were given the other way round', async () => {
    const swapped = { subCa1Certificate: pem(pki.oem.subCa2), subCa2Certificate: pem(pki.oem.subCa1) };
    expect((await published(swapped))['subCaCertificates']).toEqual([
      { fingerprint: pki.oem.subCa2.certificate.fingerprint },
      { fingerprint: pki.oem.subCa1.certificate.fingerprint },
    ]);
  });

  it('keeps soft departures from the profile as warnings', async () => {
    const result = await published({ vehicleCertificate: pem(await issue({ keyUsage: false })) });
    expect(result['verdict']).toMatchObject({
      status: 'VALID',
      reasons: [expect.stringContaining('key usage') as unknown],
    });
  });

  it('stores key identifiers in one spelling and previous PCIDs as they are given', async () => {
    const previousPcid = 'wdcOLD00000000001';
    const result = await published({
      v2gRootAuthorityKeyIdentifiers: ['a1b2c3', 'A1:B2:C3', '00:ff'],
      previousPcid,
    });
    expect(result['v2gRootAuthorityKeyIdentifiers']).toEqual(['A1:B2:C3', '00:FF']);
    expect(result['previousPcid']).toBe(previousPcid);
  });
});
