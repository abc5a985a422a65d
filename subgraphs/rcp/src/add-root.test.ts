import { describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import { toPem } from '@chargegraph/pki';
import { add, count, day, makeRoot, now, pki, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

describe('addRootCertificate', () => {
  it('stores a root and tells of it', async () => {
    const before = (await pool.events()).length;
    const { payload } = await add(pki.v2gRoot.certificate, 'V2G');
    const { fingerprint, subject } = pki.v2gRoot.certificate;
    expect(payload).toEqual({
      rootCertificate: {
        id: globalId('RootCertificate', fingerprint),
        fingerprint,
        type: 'V2G',
        addedAt: now.toISOString(),
        certificate: { pem: toPem(pki.v2gRoot.certificate), subject },
        verdict: { status: 'VALID', reasons: [] },
      },
      userErrors: [],
    });
    const events = await pool.events();
    expect(events).toHaveLength(before + 1);
    expect(events).toContainEqual({
      type: 'ROOT_CERT_ADDED',
      facts: expect.objectContaining({ fingerprint, type: 'V2G', subject }) as unknown,
    });
  });

  it('logs the event at once', async () => {
    const root = await makeRoot('Logged Root');
    await add(root);
    await expect
      .poll(
        () =>
          pool.database.query('SELECT type FROM log WHERE facts->>$1 = $2', [
            'fingerprint',
            root.fingerprint,
          ]),
        { timeout: 900, interval: 20 },
      )
      .toEqual([{ type: 'ROOT_CERT_ADDED' }]);
  });

  it('takes base64 DER in one line', async () => {
    const { payload } = await add(Buffer.from(pki.oemRoot.certificate.der).toString('base64'));
    expect(payload?.rootCertificate?.fingerprint).toBe(pki.oemRoot.certificate.fingerprint);
  });

  it('changes nothing when the same root comes again', async () => {
    await add(pki.oemRoot.certificate);
    const events = await pool.events();
    pool.clock.advance(day);
    const { payload } = await add(pki.oemRoot.certificate);
    expect(payload?.userErrors).toEqual([]);
    expect(payload?.rootCertificate?.addedAt).toBe(now.toISOString());
    expect(await pool.events()).toEqual(events);
    expect(await count()).toBe(1);
  });

  it('adds one row when the same root comes twice at the same time', async () => {
    const before = (await pool.events()).length;
    const root = await makeRoot('Twice Root');
    const results = await Promise.all([add(root), add(root), add(root)]);
    expect(results.map(({ payload }) => payload?.userErrors)).toEqual([[], [], []]);
    expect(await count()).toBe(1);
    expect(await pool.events()).toHaveLength(before + 1);
  });

  it('refuses the same root as a root of something else', async () => {
    await add(pki.oemRoot.certificate, 'OEM');
    const { payload } = await add(pki.oemRoot.certificate, 'MO');
    expect(payload?.userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'type'] }]);
  });

  it('keeps a soft departure from the profile as a warning', async () => {
    const { payload } = await add(await makeRoot('Root Without Key Usage', { keyUsage: false }));
    expect(payload?.userErrors).toEqual([]);
    expect(payload?.rootCertificate?.verdict.status).toBe('VALID');
    expect(payload?.rootCertificate?.verdict.reasons.join()).toContain('key usage');
  });

  it('takes a P-521 root of ISO 15118-20', async () => {
    const { payload } = await add(await makeRoot('P-521 Root', { curve: 'P-521' }));
    expect(payload?.userErrors).toEqual([]);
  });

  it.each([
    ['a text that is no certificate', 'CERTIFICATE_INVALID', () => 'garbage'],
    [
      'PEM around garbage',
      'CERTIFICATE_INVALID',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    ],
    ['a sub-CA', 'CHAIN_INVALID', () => pki.oem.subCa1.certificate],
    ['a leaf', 'CHAIN_INVALID', () => pki.cps.leaf.certificate],
    [
      'an expired root',
      'CERTIFICATE_EXPIRED',
      () => makeRoot('Expired Root', { notBefore: new Date(now.getTime() - 30 * day), lifetimeDays: 29 }),
    ],
    [
      'a root that is not valid yet',
      'CERTIFICATE_INVALID',
      () => makeRoot('Future Root', { notBefore: new Date(now.getTime() + day) }),
    ],
    [
      'a self-signed certificate without CA flag',
      'CERTIFICATE_INVALID',
      () => makeRoot('No CA', { ca: false }),
    ],
    ['a root on another curve', 'CERTIFICATE_INVALID', () => makeRoot('P-384 Root', { curve: 'P-384' })],
  ])('refuses %s and changes nothing', async (_, code, make) => {
    const events = await pool.events();
    const { payload, errors } = await add(await make());
    expect(errors).toBeUndefined();
    expect(payload?.rootCertificate).toBeNull();
    expect(payload?.userErrors).toMatchObject([{ code, path: ['input', 'certificate'] }]);
    expect(await count()).toBe(0);
    expect(await pool.events()).toEqual(events);
  });

  it('refuses a root whose signature was tampered with', async () => {
    const der = Uint8Array.from(pki.oemRoot.certificate.der);
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    const { payload } = await add(Buffer.from(der).toString('base64'));
    expect(payload?.userErrors).toMatchObject([{ code: 'CHAIN_INVALID' }]);
    expect(await count()).toBe(0);
  });

  it('says which field has no certificate in it', async () => {
    const { payload } = await add('garbage');
    expect(payload?.userErrors[0]?.message).toBe('Invalid certificate format on certificate');
  });

  it.each(['OEM', 'MO', 'CPO', 'CPS', 'NOBODY'])('refuses the role %s and changes nothing', async (role) => {
    const events = await pool.events();
    const { errors, payload } = await add(pki.oemRoot.certificate, 'OEM', role);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(payload).toBeUndefined();
    expect(await count()).toBe(0);
    expect(await pool.events()).toEqual(events);
  });
});
