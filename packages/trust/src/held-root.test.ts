import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate, type Certificate, type IssuedCertificate } from '@chargegraph/pki';
import { heldRoot, inDatesFirst } from './held-root.ts';

const day = 86_400_000;
const now = new Date('2026-11-01T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * day);

interface Options {
  readonly issuer?: IssuedCertificate;
  readonly key?: IssuedCertificate;
  readonly from?: number;
  readonly until?: number;
  readonly leaf?: true;
}

async function issue(commonName: string, { issuer, key, from = -10, until = 1_000, leaf }: Options = {}) {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } =
    key === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : { publicKey: key.certificate.publicKey, privateKey: key.privateKey };
  const certificate = await issueCertificate({
    subject: { commonName },
    publicKey: pair.publicKey,
    signingKey: issuer?.privateKey ?? pair.privateKey,
    ...(issuer && { issuer: issuer.certificate }),
    notBefore: inDays(from),
    notAfter: inDays(until),
    ca: leaf === undefined ? {} : false,
  });
  return { certificate, privateKey: pair.privateKey };
}

let old: IssuedCertificate;
let renewed: Certificate;
let longest: Certificate;
let stranger: Certificate;
let chain: { leaf: Certificate; subCas: Certificate[] };

beforeAll(async () => {
  old = await issue('Root', { until: 10 });
  renewed = (await issue('Root', { key: old, from: 5, until: 2_000 })).certificate;
  longest = (await issue('Root', { key: old, until: 3_000 })).certificate;
  stranger = (await issue('Root')).certificate;
  const subCa1 = await issue('Sub-CA 1', { issuer: old });
  const subCa2 = await issue('Sub-CA 2', { issuer: subCa1 });
  const leaf = await issue('Leaf', { issuer: subCa2, from: 20, leaf: true });
  chain = { leaf: leaf.certificate, subCas: [subCa2.certificate, subCa1.certificate] };
});

const find = (held: readonly Certificate[], at = now, preferred = [old.certificate.fingerprint]) =>
  heldRoot(chain, held, { now: at, preferred });

describe('the held root of a stored chain', () => {
  it('is the one it was verified with, be its leaf yet to begin and its sub-CAs in any order', () => {
    expect(find([stranger, longest, old.certificate]).root).toBe(old.certificate);
    const turned = { ...chain, subCas: [...chain.subCas].reverse() };
    expect(heldRoot(turned, [old.certificate], { now, preferred: [] }).root).toBe(old.certificate);
  });

  it('is one within its dates rather than the one it was verified with', () => {
    expect(find([old.certificate, renewed]).root).toBe(old.certificate);
    expect(find([old.certificate, renewed], inDays(10)).root).toBe(renewed);
    expect(find([old.certificate], inDays(10)).root).toBe(old.certificate);
  });

  it('is the one that lasts longest where none is preferred', () => {
    expect(find([old.certificate, renewed, longest], inDays(6), []).root).toBe(longest);
  });

  it('is none, and says so, when only another key has the name, or nothing has', () => {
    expect(find([]).failure).toContain('does not hold the root CN=Root');
    const other = find([stranger]);
    expect(other.root).toBeUndefined();
    expect(other.failure).toContain('CN=Root');
  });

  it('is none when the chain itself does not hold', async () => {
    const forged = await issue('Leaf', { leaf: true });
    const verdict = heldRoot({ ...chain, leaf: forged.certificate }, [old.certificate], {
      now,
      preferred: [],
    });
    expect(verdict.root).toBeUndefined();
    expect(verdict.failure).toMatch(/\./);
  });
});

describe('inDatesFirst', () => {
  it('keeps the order but for those that have ended or not begun', () => {
    const [a, b, c] = [old.certificate, renewed, longest];
    expect(inDatesFirst([a, b, c], now)).toEqual([a, c, b]);
    expect(inDatesFirst([a, b, c], inDays(10))).toEqual([b, c, a]);
  });
});
