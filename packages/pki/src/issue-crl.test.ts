import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, toPem, type Certificate } from './certificate.ts';
import { createDemoPki } from './demo/demo-pki.ts';
import type { IssuedCertificate } from './demo/issue-certificate.ts';
import { issueContractCertificateWith } from './issue-contract-certificate.ts';
import { issueCrlWith, type RevokedEntry } from './issue-crl.ts';
import { readCrl } from './revocation/crl.ts';
import { signData } from './sign-data.ts';

const hour = 3_600_000;
const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
const nextUpdate = new Date(thisUpdate.getTime() + 24 * hour);

let folder: string;
const cas = new Map<string, IssuedCertificate>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'issue-crl-'));
  const [older, newer] = await Promise.all([
    createDemoPki({ now: thisUpdate }),
    createDemoPki({ now: thisUpdate, edition: '-20' }),
  ]);
  cas
    .set('P-256', older.mo.subCa2)
    .set('P-521', newer.mo.subCa2)
    .set('Ed448', await ed448Ca());
});
afterAll(() => rm(folder, { recursive: true }));

const caOf = (curve: string): IssuedCertificate => {
  const ca = cas.get(curve);
  if (ca === undefined) throw new Error(`There is no CA on ${curve}.`);
  return ca;
};

const issuing = ({ certificate, privateKey }: IssuedCertificate) => ({
  certificate,
  sign: (octets: Uint8Array) => Promise.resolve(signData(privateKey, octets)),
});

const issue = (ca: IssuedCertificate, entries: readonly RevokedEntry[], number = 7) =>
  issueCrlWith(issuing(ca), { number, thisUpdate, nextUpdate, entries });

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const openssl = (...args: readonly string[]): string => {
  try {
    return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return `${stdout.toString()}${stderr.toString()}`;
  }
};

describe.each(['P-256', 'P-521', 'Ed448'])('a CRL of a CA on %s', (curve) => {
  const contract = async () =>
    issueContractCertificateWith(issuing(caOf(curve)), {
      emaid: 'DEABCC000000017',
      publicKey: generateKeyPairSync('ec', { namedCurve: curve === 'P-256' ? 'P-256' : 'P-521' }).publicKey,
      // openssl lets its CA begin when it makes it.
      notBefore: caOf(curve).certificate.notBefore,
      notAfter: new Date(thisUpdate.getTime() + 300 * 24 * hour),
      edition: curve === 'P-256' ? '-2' : '-20',
    });

  it('is verified, read and held against certificates by openssl', async () => {
    const ca = caOf(curve);
    const [revoked, good] = [await contract(), await contract()];
    const revokedAt = new Date(thisUpdate.getTime() - hour);
    const der = await issue(ca, [
      { serialNumber: revoked.serialNumber, revokedAt, reason: 'cessationOfOperation' },
    ]);
    const crl = await file(`${curve}.crl`, der);
    const caFile = await file(`${curve}-ca.pem`, toPem(ca.certificate));
    const said = openssl('crl', '-inform', 'DER', '-in', crl, '-text', '-noout');
    expect(said).toContain('Version 2');
    expect(said).toContain('Cessation Of Operation');
    expect(said).toMatch(/X509v3 CRL Number:\s+7\n/);
    expect(said).toContain('X509v3 Authority Key Identifier');
    // openssl gives its verdict on the error output.
    const verdict = execFileSync('sh', [
      '-c',
      `openssl crl -inform DER -in '${crl}' -CAfile '${caFile}' -verify -noout 2>&1`,
    ]).toString();
    expect(verdict).toContain('verify OK');

    const pem = await file(`${curve}-crl.pem`, openssl('crl', '-inform', 'DER', '-in', crl));
    const check = async (certificate: Certificate) =>
      openssl(
        ...['verify', '-partial_chain', '-x509_strict', '-crl_check', '-CRLfile', pem, '-CAfile', caFile],
        await file(`${curve}-leaf.pem`, toPem(certificate)),
      );
    expect(await check(good)).toContain(': OK');
    expect(await check(revoked)).toContain('certificate revoked');
  });

  it('is read by our own checker', async () => {
    const revokedAt = new Date(thisUpdate.getTime() - hour);
    const der = await issue(caOf(curve), [
      { serialNumber: 5n, revokedAt, reason: 'keyCompromise' },
      { serialNumber: 2n ** 159n - 1n, revokedAt, reason: 'unspecified' },
    ]);
    const crl = await readCrl(der, caOf(curve).certificate);
    expect(crl).toMatchObject({ thisUpdate, nextUpdate });
    expect(crl.entries.size).toBe(2);
    expect(crl.entries.find(5n)).toEqual({ revokedAt, reason: 'keyCompromise' });
    expect(crl.entries.find(2n ** 159n - 1n)).toEqual({ revokedAt, reason: undefined });
    expect(crl.entries.find(6n)).toBeUndefined();
  });

  it('may be empty', async () => {
    const der = await issue(caOf(curve), []);
    expect((await readCrl(der, caOf(curve).certificate)).entries.size).toBe(0);
    const crl = await file(`${curve}-empty.crl`, der);
    expect(openssl('crl', '-inform', 'DER', '-in', crl, '-text', '-noout')).toContain(
      'No Revoked Certificates',
    );
  });
});

describe('a CRL', () => {
  it('has a number that is larger than 32 bits can hold', async () => {
    const crl = await file('large.crl', await issue(caOf('P-256'), [], 2 ** 40 + 1));
    expect(openssl('crl', '-inform', 'DER', '-in', crl, '-crlnumber', '-noout')).toContain('0x010000000001');
  });

  it('holds a great many entries, while other work goes on', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const entries = Array.from({ length: 5_000 }, (_, index) => ({
      serialNumber: BigInt(index + 1),
      revokedAt: thisUpdate,
      reason: 'superseded' as const,
    }));
    const der = await issue(caOf('P-256'), entries);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect((await readCrl(der, caOf('P-256').certificate)).entries.size).toBe(5_000);
  });

  it('is not issued by a CA that may not, or whose key certifies nothing in ISO 15118', async () => {
    const { certificate, privateKey } = caOf('P-256');
    const { der, subject, curve } = certificate;
    const changed = (property: string, value: unknown) =>
      ({ der, subject, curve, keyUsage: undefined, [property]: value }) as unknown as Certificate;
    for (const wrong of [changed('keyUsage', new Set(['keyCertSign'])), changed('curve', 'P-384')]) {
      await expect(issue({ certificate: wrong, privateKey }, [])).rejects.toMatchObject({
        code: 'SIGNER_UNAVAILABLE',
      });
    }
  });
});

/** A self-signed CA with an Ed448 key, made by openssl: our own issuing of CAs knows ECDSA only. */
async function ed448Ca(): Promise<{ certificate: Certificate; privateKey: KeyObject }> {
  const { privateKey } = generateKeyPairSync('ed448');
  const key = await file('ed448.key', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const subject = ['-subj', '/CN=Ed448 MO CA/O=Test/DC=MO', '-days', '1000'];
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const pem = execFileSync('openssl', ['req', '-x509', '-new', '-key', key, ...subject, ...usage]);
  return { certificate: parseCertificate(pem.toString()), privateKey };
}
