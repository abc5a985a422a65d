import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from './certificate.ts';
import { createDemoPki, type DemoPki } from './demo/demo-pki.ts';
import { issueCertificate, type CertificateRequest } from './demo/issue-certificate.ts';
import { checkProfile, type ProfileOptions } from './profile.ts';
import type { CertificateRole } from './profile-rules.ts';

const now = new Date('2026-11-21T10:00:00Z');
let pki: DemoPki;

beforeAll(async () => {
  pki = await createDemoPki({ now });
});

/** A right contract certificate but for `changes`. */
async function make(changes: Partial<CertificateRequest>): Promise<Certificate> {
  return issueCertificate({
    subject: { commonName: 'DEDEMC00000001', domainComponent: 'MO' },
    publicKey: pki.cpo.leaf.certificate.publicKey,
    issuer: pki.mo.subCa2.certificate,
    signingKey: pki.mo.subCa2.privateKey,
    notBefore: now,
    notAfter: new Date('2027-11-21T00:00:00Z'),
    ca: false,
    keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
    ...changes,
  });
}

function codes(certificate: Certificate, role: CertificateRole, options?: ProfileOptions): string[] {
  return checkProfile(certificate, role, options).map(({ severity, code }) => `${severity} ${code}`);
}

describe('checkProfile', () => {
  it('finds nothing in a right contract certificate', async () => {
    expect(codes(await make({}), 'CONTRACT_LEAF', { profile: 'strict' })).toEqual([]);
  });

  it.each<[string, () => Partial<CertificateRequest>, string]>([
    [
      'another curve',
      () => ({ publicKey: generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey }),
      'CURVE',
    ],
    [
      'another signature algorithm',
      () => ({ signingKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey }),
      'SIGNATURE_ALGORITHM',
    ],
    ['no common name', () => ({ subject: { organization: 'x', domainComponent: 'MO' } }), 'COMMON_NAME'],
    ['more than 800 octets', () => ({ ocspUrls: [`http://demo.invalid/${'x'.repeat(500)}`] }), 'SIZE'],
  ])('is hard on %s', async (_, changes, code) => {
    expect(codes(await make(changes()), 'CONTRACT_LEAF')).toEqual([`hard ${code}`]);
  });

  it.each<[string, Partial<CertificateRequest>, string]>([
    [
      'a wrong domain component',
      { subject: { commonName: 'x', domainComponent: 'OEM' } },
      'DOMAIN_COMPONENT',
    ],
    ['a missing domain component', { subject: { commonName: 'x' } }, 'DOMAIN_COMPONENT'],
    ['a missing key usage', { keyUsage: ['digitalSignature'] }, 'KEY_USAGE'],
    ['a long lifetime', { notAfter: new Date('2030-01-01T00:00:00Z') }, 'LIFETIME'],
    ['a short lifetime', { notAfter: new Date('2026-12-01T00:00:00Z') }, 'LIFETIME'],
    ['a CA flag on a leaf', { ca: { pathLength: 0 } }, 'UNEXPECTED_CA'],
  ])('is soft on %s, and hard if it is strict', async (_, changes, code) => {
    const certificate = await make(changes);
    expect(codes(certificate, 'CONTRACT_LEAF')).toEqual([`soft ${code}`]);
    expect(codes(certificate, 'CONTRACT_LEAF', { profile: 'strict' })).toEqual([`hard ${code}`]);
  });

  it('is soft on dates that reach beyond those of the issuer', async () => {
    const certificate = await make({ notBefore: new Date('2026-11-01T00:00:00Z') });
    const issuer = pki.mo.subCa2.certificate;
    expect(codes(certificate, 'CONTRACT_LEAF', { issuer })).toEqual(['soft NESTING']);
  });

  it('is hard on CAs without CA flag or with a wrong path length', () => {
    expect(codes(pki.mo.subCa1.certificate, 'SUB_CA_2')).toEqual(['hard PATH_LENGTH']);
    expect(codes(pki.cps.leaf.certificate, 'SUB_CA_2')).toContain('hard NOT_A_CA');
    expect(codes(pki.mo.subCa1.certificate, 'MO_ROOT')).toContain('hard NOT_SELF_ISSUED');
  });

  it('has the curves and sizes of -20 where they are asked for', async () => {
    const { publicKey, privateKey: signingKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const ocspUrls = [`http://demo.invalid/${'x'.repeat(500)}`];
    const certificate = await make({ publicKey, signingKey, ocspUrls });
    expect(codes(certificate, 'CONTRACT_LEAF', { edition: '-20' })).toEqual([]);
    expect(codes(pki.v2gRoot.certificate, 'V2G_ROOT', { edition: '-20' })).toEqual([
      'hard CURVE',
      'hard SIGNATURE_ALGORITHM',
    ]);
  });
});
