import { describe, expect, it } from 'vitest';
import { createDemoPki, issueProvisioningCertificate } from '@chargegraph/pki';
import { partner } from './pcp.fixture.ts';
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
  publish,
  tampered,
} from './publish.fixture.ts';

preparePublishing();

describe('a refusal to publish', () => {
  const cases: [string, string, string | null, () => Promise<Record<string, unknown>>][] = [
    [
      'a car certificate that is none',
      'CERTIFICATE_INVALID',
      'vehicleCertificate',
      () => Promise.resolve({ vehicleCertificate: 'garbage' }),
    ],
    [
      'a first sub-CA that is none',
      'CERTIFICATE_INVALID',
      'subCa1Certificate',
      () => Promise.resolve({ subCa1Certificate: 'AAAA' }),
    ],
    [
      'a second sub-CA that is none',
      'CERTIFICATE_INVALID',
      'subCa2Certificate',
      () => Promise.resolve({ subCa2Certificate: 'AAAA' }),
    ],
    [
      'a common name that is no PCID',
      'BAD_INPUT',
      'vehicleCertificate',
      async () => ({ vehicleCertificate: pem(await issue({ name: 'WDB-12345' })) }),
    ],
    [
      'key identifiers that are no octets',
      'BAD_INPUT',
      'v2gRootAuthorityKeyIdentifiers',
      () => Promise.resolve({ v2gRootAuthorityKeyIdentifiers: ['AB:C'] }),
    ],
    [
      'too many key identifiers',
      'BAD_INPUT',
      'v2gRootAuthorityKeyIdentifiers',
      () => Promise.resolve({ v2gRootAuthorityKeyIdentifiers: Array<string>(21).fill('AB') }),
    ],
    [
      'an expired car certificate',
      'CERTIFICATE_EXPIRED',
      'vehicleCertificate',
      async () => ({ vehicleCertificate: pem(await issue({ notAfter: now })) }),
    ],
    [
      'an expired sub-CA',
      'CERTIFICATE_EXPIRED',
      'subCa1Certificate',
      async () => {
        const subCa = await issue({
          name: 'Old Sub-CA',
          issuer: pki.oemRoot,
          ca: { pathLength: 0 },
          notAfter: now,
        });
        return {
          vehicleCertificate: pem(await issue({ issuer: subCa })),
          subCa1Certificate: pem(subCa),
          subCa2Certificate: null,
        };
      },
    ],
    [
      'a sub-CA that is not valid yet',
      'CERTIFICATE_INVALID',
      'subCa1Certificate',
      async () => {
        const notBefore = new Date(now.getTime() + day);
        const subCa = await issue({
          name: 'New Sub-CA',
          issuer: pki.oemRoot,
          ca: { pathLength: 0 },
          notBefore,
        });
        return {
          vehicleCertificate: pem(await issue({ issuer: subCa })),
          subCa1Certificate: pem(subCa),
          subCa2Certificate: null,
        };
      },
    ],
    [
      'an expired root',
      'CERTIFICATE_EXPIRED',
      null,
      async () => {
        const root = await issue({ name: 'Old Root', issuer: 'self', ca: {}, notAfter: now });
        pool.roots.set(root.certificate, 'OEM');
        const subCa = await issue({ name: 'Sub-CA', issuer: root, ca: { pathLength: 0 } });
        return {
          vehicleCertificate: pem(await issue({ issuer: subCa })),
          subCa1Certificate: pem(subCa),
          subCa2Certificate: null,
        };
      },
    ],
    [
      'a tampered signature on the car certificate',
      'CHAIN_INVALID',
      'vehicleCertificate',
      () => Promise.resolve({ vehicleCertificate: tampered(leaf) }),
    ],
    [
      'a tampered signature on the first sub-CA',
      'CHAIN_INVALID',
      'subCa1Certificate',
      () => Promise.resolve({ subCa1Certificate: tampered(pki.oem.subCa1) }),
    ],
    [
      'a missing second sub-CA',
      'CHAIN_INVALID',
      'vehicleCertificate',
      () => Promise.resolve({ subCa2Certificate: null }),
    ],
    [
      'a sub-CA of another chain',
      'CHAIN_INVALID',
      null,
      () => Promise.resolve({ subCa1Certificate: pem(pki.mo.subCa1) }),
    ],
    [
      'an issuer that is no CA',
      'CHAIN_INVALID',
      null,
      async () => ({ vehicleCertificate: pem(await issue({ issuer: leaf })), subCa2Certificate: pem(leaf) }),
    ],
    [
      'a chain under an MO root',
      'ROOT_UNKNOWN',
      'subCa1Certificate',
      async () => ({
        vehicleCertificate: pem(await issue({ issuer: pki.mo.subCa2 })),
        subCa1Certificate: pem(pki.mo.subCa1),
        subCa2Certificate: pem(pki.mo.subCa2),
      }),
    ],
    [
      'a chain to an unknown root with the names of a known one',
      'ROOT_UNKNOWN',
      'subCa1Certificate',
      async () => {
        const other = await createDemoPki({ now });
        return {
          vehicleCertificate: pem(await issueProvisioningCertificate(other, { pcid })),
          subCa1Certificate: pem(other.oem.subCa1),
          subCa2Certificate: pem(other.oem.subCa2),
        };
      },
    ],
    [
      'a key on another curve',
      'CERTIFICATE_INVALID',
      'vehicleCertificate',
      async () => ({ vehicleCertificate: pem(await issue({ curve: 'P-384' })) }),
    ],
    [
      'a certificate of more than 800 octets',
      'CERTIFICATE_INVALID',
      'vehicleCertificate',
      async () => {
        const subCa = await issue({ name: 'X'.repeat(700), issuer: pki.oemRoot, ca: { pathLength: 0 } });
        return {
          vehicleCertificate: pem(await issue({ issuer: subCa })),
          subCa1Certificate: pem(subCa),
          subCa2Certificate: null,
        };
      },
    ],
  ];

  it.each(cases)('meets %s with %s and changes nothing', async (_, code, field, make) => {
    const input = await make();
    const before = await pool.snapshot();
    const { payload, errors } = await publish(input);
    expect(errors).toBeUndefined();
    expect(payload?.provisioningCertificate).toBeNull();
    expect(payload?.userErrors).toHaveLength(1);
    expect(payload?.userErrors[0]?.code).toBe(code);
    if (field !== null) expect(payload?.userErrors[0]?.path?.slice(0, 2)).toEqual(['input', field]);
    expect(await pool.snapshot()).toEqual(before);
  });

  it.each(['vehicleCertificate', 'subCa1Certificate', 'subCa2Certificate'])(
    'names %s in the words of OPCP when it does not parse',
    async (field) => {
      const { payload } = await publish({ [field]: 'garbage' });
      expect(payload?.userErrors[0]?.message).toBe(`Invalid certificate format on ${field}`);
    },
  );

  it('names the format of a PCID in the words of OPCP', async () => {
    const { payload } = await publish({ vehicleCertificate: pem(await issue({ name: 'short' })) });
    expect(payload?.userErrors[0]?.message).toBe('pcid : must match "^[a-zA-Z0-9]{17,18}$"');
  });

  it.each([
    ['a foreign WMI', {}, partner('OEM', ['ZZZ'])],
    ['a previous PCID with a foreign WMI', { previousPcid: 'ZZZ00000000000001' }, oem],
    ['an MO', {}, partner('MO', ['WDB'])],
    ['a CPO', {}, partner('CPO', ['WDB'])],
    ['a CPS', {}, partner('CPS', ['WDB'])],
    ['the operator', {}, partner('OPERATOR', ['WDB'])],
    ['a caller without a role', {}, partner('NOBODY', ['WDB'])],
  ])('forbids it to %s, asks nobody and changes nothing', async (_, changes, caller) => {
    const before = await pool.snapshot();
    const { payload, errors } = await publish(changes, caller);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(payload).toBeUndefined();
    expect(pool.asked).toEqual([]);
    expect(await pool.snapshot()).toEqual(before);
  });

  it('comes from the first step that fails, in the order of the rules', async () => {
    const foreign = partner('OEM', ['ZZZ']);
    const expired = await issue({ notAfter: now });
    pool.roots.clear();
    // 0 before 1
    expect((await publish({ subCa2Certificate: 'garbage' }, foreign)).payload?.userErrors[0]?.code).toBe(
      'CERTIFICATE_INVALID',
    );
    // 1 before 2
    expect((await publish({ vehicleCertificate: pem(expired) }, foreign)).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    // 2 before 4
    expect((await publish({ vehicleCertificate: pem(expired) })).payload?.userErrors[0]?.code).toBe(
      'CERTIFICATE_EXPIRED',
    );
    expect(pool.asked).toEqual([]);
    // 4
    expect((await publish()).payload?.userErrors[0]?.code).toBe('ROOT_UNKNOWN');
  });

  it('is a fault, and changes nothing, when RCP cannot be asked', async () => {
    pool.outage.on = true;
    const before = await pool.snapshot();
    const { errors } = await publish();
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(await pool.snapshot()).toEqual(before);
  });
});
