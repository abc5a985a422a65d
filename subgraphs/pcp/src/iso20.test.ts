import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { issueProvisioningCertificate, parseCertificate } from '@chargegraph/pki';
import {
  inputOf20,
  issue,
  leaf,
  oem,
  pcid,
  pem,
  pki,
  pki20,
  pool,
  preparePublishing,
  publish,
  published,
} from './publish.fixture.ts';

preparePublishing();

/** A chain on Ed448, which openssl makes and our own issuing does not: root, sub-CA and car as PEM. */
function ed448Chain(): Record<'root' | 'subCa' | 'car', string> {
  const folder = mkdtempSync(join(tmpdir(), 'chargegraph-ed448-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const ca = (pathLength: string) =>
    `basicConstraints=critical,CA:TRUE${pathLength}\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n`;
  const make = (name: string, subject: string, extensions: string, issuer: string | undefined) => {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    openssl('genpkey', '-algorithm', 'ED448', '-out', `${name}.key`);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    const signer =
      issuer === undefined
        ? ['-signkey', `${name}.key`]
        : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-extfile', `${name}.ext`, '-days', '3650'],
      ...[...signer, '-out', `${name}.pem`],
    );
    return readFileSync(join(folder, `${name}.pem`), 'utf8');
  };
  try {
    const root = make('root', '/CN=Ed448 OEM Root/DC=OEM', ca(''), undefined);
    const subCa = make('subCa', '/CN=Ed448 OEM Sub-CA/DC=OEM', ca(',pathlen:0'), 'root');
    const car = make(
      'car',
      `/CN=${pcid}/DC=OEM`,
      'keyUsage=critical,digitalSignature,keyAgreement\nsubjectKeyIdentifier=hash\n',
      'subCa',
    );
    return { root, subCa, car };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const read = /* GraphQL */ `
  query Both($pcid: PCID!) {
    two: provisioningCertificate(pcid: $pcid) {
      certificate {
        fingerprint
      }
    }
    twenty: provisioningCertificate(pcid: $pcid, namespace: ISO15118_20) {
      certificate {
        fingerprint
      }
      verdict {
        status
      }
    }
    provisioningCertificates(first: 10) {
      totalCount
      nodes {
        namespace
      }
    }
  }
`;

describe('provisioning certificates of ISO 15118-20', () => {
  it('stand beside those of ISO 15118-2: published, read and listed', async () => {
    const car = await issueProvisioningCertificate(pki20, { pcid });
    expect(car.certificate.curve).toBe('P-521');
    const both = [await published(), await published(inputOf20(car, pki20))];
    expect(both[0]?.['id']).not.toBe(both[1]?.['id']);
    const { data } = await pool.execute(oem, read, { pcid });
    expect(data).toEqual({
      two: { certificate: { fingerprint: leaf.certificate.fingerprint } },
      twenty: {
        certificate: { fingerprint: car.certificate.fingerprint },
        verdict: { status: 'VALID' },
      },
      provisioningCertificates: {
        totalCount: 2,
        nodes: [{ namespace: 'ISO15118_2' }, { namespace: 'ISO15118_20' }],
      },
    });
  });

  it('refuse P-256, and ISO 15118-2 refuses P-521', async () => {
    const car = await issueProvisioningCertificate(pki20, { pcid });
    const results = [
      await publish({ namespace: 'ISO15118_20' }),
      await publish({ ...inputOf20(car, pki20), namespace: 'ISO15118_2' }),
    ];
    for (const { payload } of results) {
      expect(payload?.userErrors).toMatchObject([
        { code: 'CERTIFICATE_INVALID', path: ['input', 'vehicleCertificate'] },
      ]);
    }
    expect((await pool.snapshot()).rows).toEqual([]);
  });

  it.each([
    [800, 'ISO15118_2', 'P-256', () => pki],
    [1600, 'ISO15118_20', 'P-521', () => pki20],
  ] as const)('of at most %i octets are taken in %s', async (limit, namespace, curve, chain) => {
    const sized = (name: string) => issue({ name, issuer: chain().oem.subCa1, curve, ca: { pathLength: 0 } });
    const base = (await sized('X')).certificate.size;
    // The serial number's and the signature's lengths vary: tried until it fits to the octet.
    const ofSize = async (octets: number) => {
      for (let length = octets - base; ;) {
        const subCa = await sized('X'.repeat(length));
        if (subCa.certificate.size === octets) return subCa;
        length += octets > subCa.certificate.size ? 1 : -1;
      }
    };
    const offer = async (octets: number) => {
      const subCa = await ofSize(octets);
      const car = await issue({ issuer: subCa, curve });
      return await publish({
        vehicleCertificate: pem(car),
        subCa1Certificate: pem(chain().oem.subCa1),
        subCa2Certificate: pem(subCa),
        namespace,
      });
    };
    expect((await offer(limit)).payload?.userErrors).toEqual([]);
    expect((await offer(limit + 1)).payload?.userErrors).toMatchObject([
      {
        code: 'CERTIFICATE_INVALID',
        path: ['input', 'subCa2Certificate'],
        message: expect.stringContaining(`${String(limit)} are allowed`) as unknown,
      },
    ]);
  });

  it('may be on Ed448', async () => {
    const chain = ed448Chain();
    const car = parseCertificate(chain.car);
    expect(car.curve).toBe('Ed448');
    // openssl's certificates begin now, by the machine's clock.
    pool.clock.set(new Date(Date.now() + 60_000));
    pool.roots.set(parseCertificate(chain.root), 'OEM');
    const input = {
      vehicleCertificate: chain.car,
      subCa1Certificate: chain.subCa,
      subCa2Certificate: null,
      namespace: 'ISO15118_20',
    };
    expect(await published(input)).toMatchObject({
      certificate: { fingerprint: car.fingerprint },
      verdict: { status: 'VALID' },
    });
    const { payload } = await publish({ ...input, namespace: 'ISO15118_2' });
    expect(payload?.userErrors).toMatchObject([{ code: 'CERTIFICATE_INVALID' }]);
  });
});
