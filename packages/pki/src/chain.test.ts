import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCertificate, type Certificate } from './certificate.ts';
import { verifyChain, type ChainQuestion } from './chain.ts';
import { LinkCache } from './link-cache.ts';
import { createDemoPki, type DemoPki } from './demo/demo-pki.ts';
import {
  issueCertificate,
  type CertificateRequest,
  type IssuedCertificate,
} from './demo/issue-certificate.ts';
import { issueContractCertificate } from './demo/leaf-certificates.ts';

const now = new Date('2026-11-21T10:00:00Z');
const inOneYear = new Date('2027-11-21T00:00:00Z');
let pki: DemoPki;
let contract: IssuedCertificate;

beforeAll(async () => {
  pki = await createDemoPki({ now });
  contract = await issueContractCertificate(pki, {
    emaid: 'DEDEMC00000001',
    notBefore: now,
    notAfter: inOneYear,
  });
});

function ask(changes: Partial<ChainQuestion> = {}): ReturnType<typeof verifyChain> {
  return verifyChain({
    leaf: contract.certificate,
    intermediates: [pki.mo.subCa1.certificate, pki.mo.subCa2.certificate],
    roots: [pki.v2gRoot.certificate, pki.moRoot.certificate],
    at: now,
    cache: new LinkCache(),
    ...changes,
  });
}

/** A CA of its own below `issuer`, made wrong by `changes`. */
async function makeCa(
  issuer: IssuedCertificate,
  changes: Partial<CertificateRequest>,
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await issueCertificate({
    subject: { commonName: 'Test CA' },
    publicKey,
    issuer: issuer.certificate,
    signingKey: issuer.privateKey,
    notBefore: now,
    notAfter: inOneYear,
    ca: { pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    ...changes,
  });
  return { certificate, privateKey };
}

async function makeLeaf(
  issuer: IssuedCertificate,
  changes: Partial<CertificateRequest> = {},
): Promise<Certificate> {
  const leaf = await makeCa(issuer, { subject: { commonName: 'Leaf' }, ca: false, keyUsage: [], ...changes });
  return leaf.certificate;
}

/** The verdict on a leaf below a CA that is made wrong by `changes`, under the MO root. */
async function askBelow(changes: Partial<CertificateRequest>): Promise<ReturnType<typeof verifyChain>> {
  const ca = await makeCa(pki.moRoot, changes);
  return ask({ leaf: await makeLeaf(ca), intermediates: [ca.certificate] });
}

describe('verifyChain', () => {
  it('accepts sub-CAs in any order and returns the path from leaf to root', () => {
    const { subCa1, subCa2 } = pki.mo;
    const path = [contract, subCa2, subCa1, pki.moRoot].map(({ certificate }) => certificate);
    const intermediates = [subCa1.certificate, subCa2.certificate];
    for (const order of [intermediates, [...intermediates].reverse()]) {
      expect(ask({ intermediates: order })).toEqual({ valid: true, path, root: pki.moRoot.certificate });
    }
  });

  it('accepts a leaf that a root issued itself', async () => {
    expect(ask({ leaf: await makeLeaf(pki.moRoot), intermediates: [] }).valid).toBe(true);
  });

  it('refuses an expired certificate wherever it stands', async () => {
    expect(ask({ at: contract.certificate.notAfter })).toMatchObject({
      reason: 'EXPIRED',
      certificate: contract.certificate.subject,
      message: `The certificate ${contract.certificate.subject} has expired.`,
    });
    const ca = await makeCa(pki.moRoot, { notAfter: new Date('2027-01-01T00:00:00Z') });
    const later = new Date('2027-01-01T00:00:00Z');
    const verdict = ask({ leaf: await makeLeaf(ca), intermediates: [ca.certificate], at: later });
    expect(verdict).toMatchObject({ reason: 'EXPIRED', certificate: 'CN=Test CA' });
  });

  it('refuses an expired root', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const selfSigned = await issueCertificate({
      subject: { commonName: 'Short Root' },
      publicKey,
      signingKey: privateKey,
      notBefore: now,
      notAfter: new Date('2026-12-01T00:00:00Z'),
      ca: {},
    });
    const leaf = await makeLeaf({ certificate: selfSigned, privateKey });
    const question = { leaf, intermediates: [], roots: [selfSigned] };
    expect(ask(question).valid).toBe(true);
    expect(ask({ ...question, at: new Date('2026-12-01T00:00:00Z') })).toMatchObject({
      reason: 'EXPIRED',
      certificate: 'CN=Short Root',
    });
  });

  it('lets the validity of a leaf begin in the future only where that is allowed', async () => {
    const future = { notBefore: new Date('2027-01-01T00:00:00Z') };
    const leaf = await makeLeaf(pki.mo.subCa2, future);
    expect(ask({ leaf })).toMatchObject({ reason: 'NOT_YET_VALID' });
    expect(ask({ leaf, allowFutureLeaf: true }).valid).toBe(true);
    const ca = await makeCa(pki.moRoot, future);
    const below = { leaf: await makeLeaf(ca), intermediates: [ca.certificate], allowFutureLeaf: true };
    expect(ask(below)).toMatchObject({ reason: 'NOT_YET_VALID', certificate: 'CN=Test CA' });
  });

  it('refuses a chain whose root is unknown', () => {
    expect(ask({ roots: [pki.v2gRoot.certificate] })).toMatchObject({
      reason: 'UNKNOWN_ROOT',
      certificate: pki.mo.subCa1.certificate.subject,
    });
    expect(ask({ roots: [] })).toMatchObject({ reason: 'UNKNOWN_ROOT' });
  });

  it('refuses a root of the same name with another key', async () => {
    const other = await createDemoPki({ now });
    const verdict = ask({ roots: [other.moRoot.certificate] });
    expect(verdict).toMatchObject({ reason: 'UNKNOWN_ROOT' });
  });

  it('finds the right one of two roots of the same name', async () => {
    const other = await createDemoPki({ now });
    expect(ask({ roots: [other.moRoot.certificate, pki.moRoot.certificate] }).valid).toBe(true);
  });

  it('refuses a signature of another key', async () => {
    const leaf = await makeLeaf(pki.mo.subCa2, { signingKey: pki.mo.subCa1.privateKey });
    expect(ask({ leaf })).toMatchObject({ reason: 'SIGNATURE', certificate: 'CN=Leaf' });
    expect(await askBelow({ signingKey: pki.oemRoot.privateKey })).toMatchObject({ reason: 'SIGNATURE' });
  });

  it('refuses an issuer that is no CA', async () => {
    expect(await askBelow({ ca: false })).toMatchObject({ reason: 'NOT_A_CA', certificate: 'CN=Test CA' });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = await issueCertificate({
      subject: { commonName: 'No Constraints' },
      publicKey,
      issuer: pki.moRoot.certificate,
      signingKey: pki.moRoot.privateKey,
      notBefore: now,
      notAfter: inOneYear,
    });
    const leaf = await makeLeaf({ certificate, privateKey });
    expect(ask({ leaf, intermediates: [certificate] })).toMatchObject({ reason: 'NOT_A_CA' });
  });

  it('refuses more CAs than a path length allows', async () => {
    const deeper = await makeCa(pki.mo.subCa2, {});
    const intermediates = [pki.mo.subCa1, pki.mo.subCa2, deeper].map(({ certificate }) => certificate);
    expect(ask({ leaf: await makeLeaf(deeper), intermediates })).toMatchObject({
      reason: 'PATH_LENGTH',
      certificate: pki.mo.subCa2.certificate.subject,
    });
  });

  it('refuses an issuer that must not sign certificates', async () => {
    expect(await askBelow({ keyUsage: ['cRLSign'] })).toMatchObject({ reason: 'KEY_USAGE' });
  });

  it('refuses sub-CAs that are not part of the path', () => {
    const { subCa1, subCa2 } = pki.mo;
    const right = [subCa1.certificate, subCa2.certificate];
    const stranger = pki.cps.subCa1.certificate;
    expect(ask({ intermediates: [stranger, ...right] })).toMatchObject({
      reason: 'UNUSED_INTERMEDIATE',
      certificate: stranger.subject,
    });
    const root = pki.moRoot.certificate;
    expect(ask({ intermediates: [...right, root] })).toMatchObject({ valid: false });
  });

  it('refuses a gap in the chain', () => {
    expect(ask({ intermediates: [pki.mo.subCa1.certificate] })).toMatchObject({
      reason: 'ISSUER_MISSING',
      certificate: contract.certificate.subject,
    });
  });

  it('refuses more than four sub-CAs before looking at them', () => {
    const intermediates = Array<Certificate>(5).fill(pki.mo.subCa1.certificate);
    expect(ask({ intermediates })).toMatchObject({ reason: 'TOO_MANY_INTERMEDIATES' });
  });

  it('refuses a root that is not signed by itself', () => {
    const verdict = ask({ intermediates: [pki.mo.subCa2.certificate], roots: [pki.mo.subCa1.certificate] });
    expect(verdict).toMatchObject({ reason: 'ROOT_NOT_SELF_SIGNED' });
  });

  it('refuses a certificate that is its own root', () => {
    const root = pki.moRoot.certificate;
    expect(ask({ leaf: root, intermediates: [] })).toMatchObject({ reason: 'UNKNOWN_ROOT' });
  });

  it('refuses a malformed extension as a verdict, not as an exception', () => {
    const octets = Buffer.from(contract.certificate.der);
    const keyUsage = octets.indexOf(Buffer.from('0603551d0f0101ff0404030203', 'hex'));
    expect(keyUsage).toBeGreaterThan(0);
    // The bit string inside the extension becomes an integer; the outer structure stays well-formed.
    octets[keyUsage + 10] = 0x02;
    const leaf = parseCertificate(octets);
    expect(ask({ leaf })).toMatchObject({ reason: 'MALFORMED', certificate: leaf.subject });
  });

  it('verifies each signature once while it remembers', () => {
    const cache = new LinkCache();
    const signatures = vi.spyOn(Object.getPrototypeOf(contract.certificate) as Certificate, 'isSignedBy');
    ask({ cache });
    expect(signatures).toHaveBeenCalledTimes(4);
    ask({ cache });
    expect(signatures).toHaveBeenCalledTimes(4);
    signatures.mockRestore();
  });
});

describe('LinkCache', () => {
  it('forgets the least recently used link when it is full', () => {
    const cache = new LinkCache(2);
    cache.add('a', 'x');
    cache.add('b', 'x');
    expect(cache.has('a', 'x')).toBe(true);
    cache.add('c', 'x');
    expect([cache.has('a', 'x'), cache.has('b', 'x'), cache.has('c', 'x'), cache.size]).toEqual([
      true,
      false,
      true,
      2,
    ]);
  });
});
