import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, toPem, type Certificate } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { createDemoPki, type DemoPki } from './demo/demo-pki.ts';
import {
  issueContractCertificateWith,
  type ContractCertificateOrder,
  type IssuingCa,
} from './issue-contract-certificate.ts';
import { checkProfile } from './profile.ts';
import { signData } from './sign-data.ts';

const day = 86_400_000;
const now = new Date();
const inAYear = new Date(now.getTime() + 365 * day);

let pkis: Record<'-2' | '-20', DemoPki>;
let folder: string;

beforeAll(async () => {
  const [older, newer] = await Promise.all([createDemoPki({ now }), createDemoPki({ now, edition: '-20' })]);
  pkis = { '-2': older, '-20': newer };
  folder = await mkdtemp(join(tmpdir(), 'contract-certificate-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A CA that signs as a key store does, and counts how often. */
function signingCa(certificate: Certificate, privateKey: KeyObject) {
  const signed: Uint8Array[] = [];
  const ca: IssuingCa = {
    certificate,
    sign: (octets) => {
      signed.push(octets);
      return Promise.resolve(signData(privateKey, octets));
    },
  };
  return { ca, signed };
}

function order(edition: '-2' | '-20', change: Partial<ContractCertificateOrder> = {}) {
  const namedCurve = edition === '-2' ? 'P-256' : 'P-521';
  return {
    emaid: 'DEABCC000000017',
    publicKey: generateKeyPairSync('ec', { namedCurve }).publicKey,
    notBefore: now,
    notAfter: inAYear,
    edition,
    ...change,
  };
}

describe.each(['-2', '-20'] as const)('a contract certificate of ISO 15118%s', (edition) => {
  const issue = async (change: Partial<ContractCertificateOrder> = {}) => {
    const { subCa2 } = pkis[edition].mo;
    const { ca, signed } = signingCa(subCa2.certificate, subCa2.privateKey);
    const ordered = order(edition, change);
    return { certificate: await issueContractCertificateWith(ca, ordered), signed, ordered };
  };

  it('keeps the profile strictly and chains to the MO root', async () => {
    const { certificate, signed, ordered } = await issue();
    const { mo, moRoot } = pkis[edition];
    expect(signed).toHaveLength(1);
    expect(
      checkProfile(certificate, 'CONTRACT_LEAF', {
        edition,
        profile: 'strict',
        issuer: mo.subCa2.certificate,
      }),
    ).toEqual([]);
    const verdict = verifyChain({
      leaf: certificate,
      intermediates: [mo.subCa1.certificate, mo.subCa2.certificate],
      roots: [moRoot.certificate],
      at: new Date(now.getTime() + day),
    });
    expect(verdict.valid).toBe(true);
    expect(certificate.publicKey.equals(ordered.publicKey)).toBe(true);
    expect(certificate.commonName).toBe('DEABCC000000017');
    expect(certificate.subject).toBe('DC=MO,O=ChargeGraph Demo,CN=DEABCC000000017');
    expect(certificate.issuer).toBe(mo.subCa2.certificate.subject);
    expect(certificate.authorityKeyIdentifier).toBe(mo.subCa2.certificate.subjectKeyIdentifier);
    expect(certificate.notBefore).toEqual(new Date(Math.floor(now.getTime() / 1000) * 1000));
  });

  it('is accepted by node and by openssl', async () => {
    const { certificate } = await issue();
    const { mo, moRoot } = pkis[edition];
    expect(new X509Certificate(certificate.der).verify(mo.subCa2.certificate.publicKey)).toBe(true);
    const file = async (name: string, ...certificates: Certificate[]) => {
      const path = join(folder, `${edition}-${name}.pem`);
      await writeFile(path, certificates.map(toPem).join(''));
      return path;
    };
    const output = execFileSync('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      await file('root', moRoot.certificate),
      '-untrusted',
      await file('chain', mo.subCa2.certificate, mo.subCa1.certificate),
      await file('leaf', certificate),
    ]);
    expect(output.toString()).toContain('OK');
  });

  it('has a random serial number of 20 octets', async () => {
    const serials = await Promise.all(
      Array.from({ length: 8 }, async () => (await issue()).certificate.serialNumber),
    );
    expect(new Set(serials).size).toBe(8);
    for (const serial of serials) expect(Math.ceil(serial.toString(2).length / 8)).toBe(20);
  });

  it('names the OCSP responder that it is given, and none else', async () => {
    expect((await issue()).certificate.ocspUrls).toEqual([]);
    const { certificate } = await issue({ ocspUrl: 'http://ocsp.example.invalid/mo' });
    expect(certificate.ocspUrls).toEqual(['http://ocsp.example.invalid/mo']);
  });

  it.each([
    ['outlives its CA', { notAfter: new Date(now.getTime() + 11 * 365 * day) }, 'It is valid for 4015 days.'],
    ['is for a day', { notAfter: new Date(now.getTime() + day) }, 'It is valid for 1 days.'],
    [
      'begins before its CA',
      { notBefore: new Date(now.getTime() - 2 * day) },
      "Its dates reach beyond its issuer's.",
    ],
    ['has no name', { emaid: ' ' }, 'The subject does not have exactly one common name.'],
  ])('is not given out when it %s', async (_, change, message) => {
    await expect(issue(change)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID', message });
  });

  it('is not given out for a key on another curve', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    await expect(issue({ publicKey })).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
  });
});

describe('the CA', () => {
  it('may have a key of Ed448 in ISO 15118-20', async () => {
    const ca = await ed448Ca();
    const certificate = await issueContractCertificateWith(
      signingCa(ca.certificate, ca.privateKey).ca,
      order('-20', { notBefore: ca.certificate.notBefore }),
    );
    expect(certificate.signatureAlgorithm).toBe('Ed448');
    expect(certificate.isSignedBy(ca.certificate)).toBe(true);
  });

  it('may not have a key that certifies nothing in ISO 15118', async () => {
    const pki = pkis['-2'];
    const { ca } = signingCa(pki.mo.subCa2.certificate, pki.mo.subCa2.privateKey);
    const certificate = Object.create(ca.certificate, { curve: { value: 'P-384' } }) as Certificate;
    await expect(issueContractCertificateWith({ ...ca, certificate }, order('-2'))).rejects.toMatchObject({
      code: 'SIGNER_UNAVAILABLE',
    });
  });

  it('that refuses to sign leaves nothing behind', async () => {
    const { certificate } = pkis['-2'].mo.subCa2;
    const refusal = new Error('locked');
    await expect(
      issueContractCertificateWith({ certificate, sign: () => Promise.reject(refusal) }, order('-2')),
    ).rejects.toBe(refusal);
  });
});

/** A self-signed CA with an Ed448 key, made by openssl: our own issuing knows ECDSA only. */
async function ed448Ca(): Promise<{ certificate: Certificate; privateKey: KeyObject }> {
  const { privateKey } = generateKeyPairSync('ed448');
  const key = join(folder, 'ed448.key');
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const pem = execFileSync('openssl', [
    'req',
    '-x509',
    '-new',
    '-key',
    key,
    '-subj',
    '/CN=Ed448 MO CA/O=Test/DC=MO',
    '-days',
    '1000',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);
  return { certificate: parseCertificate(pem.toString()), privateKey };
}
