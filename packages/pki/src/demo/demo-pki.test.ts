import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPem } from '../certificate.ts';
import { verifyChain } from '../chain.ts';
import { checkProfile } from '../profile.ts';
import type { CertificateRole } from '../profile-rules.ts';
import { readDemoPki, writeDemoPki } from './demo-pki-files.ts';
import { createDemoPki, type DemoPki, type SubCaBranch } from './demo-pki.ts';
import type { IssuedCertificate } from './issue-certificate.ts';
import { issueContractCertificate, issueProvisioningCertificate } from './leaf-certificates.ts';

const now = new Date();
const inOneYear = new Date(now.getTime() + 365 * 86_400_000);
let pki: DemoPki;
let car: IssuedCertificate;
let contract: IssuedCertificate;
let folder: string;

beforeAll(async () => {
  pki = await createDemoPki({ now });
  car = await issueProvisioningCertificate(pki, { pcid: 'WDEMO00000000001AB' });
  contract = await issueContractCertificate(pki, {
    emaid: 'DEDEMC00000001',
    notBefore: now,
    notAfter: inOneYear,
  });
  folder = await mkdtemp(join(tmpdir(), 'demo-pki-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Every chain of the demo PKI: leaf if there is one, branch, root. */
function chains(): [
  string,
  IssuedCertificate,
  SubCaBranch,
  IssuedCertificate,
  CertificateRole,
  CertificateRole,
][] {
  return [
    ['cps', pki.cps.leaf, pki.cps, pki.v2gRoot, 'CPS_LEAF', 'V2G_ROOT'],
    ['cpo', pki.cpo.leaf, pki.cpo, pki.v2gRoot, 'CPO_LEAF', 'V2G_ROOT'],
    ['oem', car, pki.oem, pki.oemRoot, 'OEM_LEAF', 'OEM_ROOT'],
    ['mo', contract, pki.mo, pki.moRoot, 'CONTRACT_LEAF', 'MO_ROOT'],
  ];
}

describe('createDemoPki', () => {
  it('makes certificates strictly after the profile', () => {
    for (const [, leaf, { subCa1, subCa2 }, root, leafRole, rootRole] of chains()) {
      const parts: [IssuedCertificate, CertificateRole, IssuedCertificate][] = [
        [leaf, leafRole, subCa2],
        [subCa2, 'SUB_CA_2', subCa1],
        [subCa1, 'SUB_CA_1', root],
        [root, rootRole, root],
      ];
      for (const [{ certificate, privateKey }, role, issuer] of parts) {
        const options = { profile: 'strict', issuer: issuer.certificate } as const;
        expect(checkProfile(certificate, role, options)).toEqual([]);
        expect(createPublicKey(privateKey).equals(certificate.publicKey)).toBe(true);
        expect(certificate.authorityKeyIdentifier ?? issuer.certificate.subjectKeyIdentifier).toBe(
          issuer.certificate.subjectKeyIdentifier,
        );
        expect(certificate.ocspUrls).toEqual([]);
      }
    }
  });

  it('names a responder in all but the roots, if it is told one', async () => {
    const ocspUrl = 'http://ocsp.example.invalid';
    const made = await createDemoPki({ now, ocspUrl });
    const leaf = await issueProvisioningCertificate(made, { pcid: 'WDEMO00000000001AB' });
    for (const { certificate } of [leaf, made.oem.subCa2, made.oem.subCa1, made.cps.leaf]) {
      expect(certificate.ocspUrls).toEqual([ocspUrl]);
    }
    expect(made.oemRoot.certificate.ocspUrls).toEqual([]);
  });

  it('makes the same on P-521 for -20, contract and car certificates with it', async () => {
    const iso20 = await createDemoPki({ now, edition: '-20' });
    const leaf = await issueProvisioningCertificate(iso20, { pcid: 'WMI00000000000001' });
    const parts: [IssuedCertificate, CertificateRole][] = [
      [iso20.v2gRoot, 'V2G_ROOT'],
      [iso20.cps.subCa1, 'SUB_CA_1'],
      [iso20.cps.subCa2, 'SUB_CA_2'],
      [iso20.cps.leaf, 'CPS_LEAF'],
      [leaf, 'OEM_LEAF'],
    ];
    for (const [{ certificate }, role] of parts) {
      expect(checkProfile(certificate, role, { edition: '-20' })).toEqual([]);
      expect(certificate.curve).toBe('P-521');
    }
    expect(
      verifyChain({
        leaf: leaf.certificate,
        intermediates: [iso20.oem.subCa1.certificate, iso20.oem.subCa2.certificate],
        roots: [iso20.oemRoot.certificate],
        at: now,
      }),
    ).toMatchObject({ valid: true });
    expect(iso20.v2gRoot.certificate.subject).not.toBe(pki.v2gRoot.certificate.subject);
  });

  it('makes chains that verify, the MO branch under the V2G root among them', async () => {
    const other = await issueContractCertificate(pki.v2gMo.subCa2, {
      emaid: 'DEDEMC00000002',
      notBefore: now,
      notAfter: inOneYear,
    });
    const roots = [pki.v2gRoot, pki.oemRoot, pki.moRoot].map(({ certificate }) => certificate);
    const all = [...chains(), ['v2g-mo', other, pki.v2gMo, pki.v2gRoot] as const];
    for (const [, leaf, { subCa1, subCa2 }, root] of all) {
      const intermediates = [subCa1.certificate, subCa2.certificate];
      const verdict = verifyChain({ leaf: leaf.certificate, intermediates, roots, at: now });
      expect(verdict).toMatchObject({ valid: true, root: root.certificate });
    }
  });

  it('gives every certificate a serial number of its own', () => {
    const issued = chains().flatMap(([, leaf, { subCa1, subCa2 }]) => [leaf, subCa1, subCa2]);
    expect(new Set(issued.map(({ certificate }) => certificate.serialNumber)).size).toBe(issued.length);
  });
});

describe('issuing leaves', () => {
  it('puts PCID and EMAID into the common name and certifies a given key', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { certificate } = await issueProvisioningCertificate(pki, {
      pcid: 'WDEMO00000000002AB',
      publicKey,
    });
    expect(certificate.commonName).toBe('WDEMO00000000002AB');
    expect(certificate.publicKey.equals(publicKey)).toBe(true);
    expect(contract.certificate.commonName).toBe('DEDEMC00000001');
  });

  it('refuses dates that reach beyond those of the issuer', async () => {
    const late = { emaid: 'DEDEMC00000001', notBefore: now, notAfter: new Date('2099-01-01T00:00:00Z') };
    await expect(issueContractCertificate(pki, late)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('the files of the demo PKI', () => {
  it('read back as they were written', async () => {
    await writeDemoPki(pki, join(folder, 'a'));
    const read = await readDemoPki(join(folder, 'a'));
    expect(read.cps.leaf.certificate.fingerprint).toBe(pki.cps.leaf.certificate.fingerprint);
    expect(read.mo.subCa2.privateKey.equals(pki.mo.subCa2.privateKey)).toBe(true);
    expect(Object.keys(read)).toEqual(Object.keys(pki));
    const names = await readdir(join(folder, 'a'));
    expect(names).toContain('cps-chain.pem');
    for (const name of names.filter((file) => file.endsWith('.key'))) {
      expect((await stat(join(folder, 'a', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('are refused if one is missing or belongs to another', async () => {
    const target = join(folder, 'b');
    await writeDemoPki(pki, target);
    const foreign = pki.cps.leaf.privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(target, 'mo-root.key'), foreign);
    await expect(readDemoPki(target)).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
    await writeFile(join(target, 'mo-root.key'), 'nonsense');
    await expect(readDemoPki(target)).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
    await rm(join(target, 'mo-root.key'));
    await expect(readDemoPki(target)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.skipIf(spawnSync('openssl', ['version']).status !== 0)('are accepted by openssl verify', async () => {
    const target = join(folder, 'c');
    await writeDemoPki(pki, target);
    const roots = { cps: 'v2g', cpo: 'v2g', oem: 'oem', mo: 'mo' } as Record<string, string>;
    for (const [name, leaf] of chains()) {
      const file = join(target, `${name}-under-test.pem`);
      await writeFile(file, toPem(leaf.certificate));
      const root = join(target, `${roots[name] ?? ''}-root.pem`);
      const chain = join(target, `${name}-chain.pem`);
      const options = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', root, '-untrusted', chain, file];
      expect(execFileSync('openssl', options, { encoding: 'utf8' })).toContain(': OK');
    }
  });
});
