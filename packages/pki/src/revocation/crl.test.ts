import { generateKeyPairSync } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CertificateIssuer,
  CRLNumber,
  DistributionPointName,
  GeneralName,
  id_ce_certificateIssuer,
  id_ce_cRLNumber,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  IssuingDistributionPoint,
} from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { extension, makeCrl, type CrlRequest } from '../testing/index.ts';
import { askCrl } from './ask.ts';
import { createCrlStore } from './crl-store.ts';
import { readCrl } from './crl.ts';
import { elementsOf, readOnlyElement } from './elements.ts';
import { NoVerdict } from './no-verdict.ts';
import { keyOn, makeCa, makeLeaf, minute, start } from './revocation.fixture.ts';
import { ManualClock } from '@chargegraph/service';

const lifetimes = { withoutNextUpdate: 60 * minute, longest: 7 * 24 * 60 * minute };
const later = (minutes: number): Date => new Date(start.getTime() + minutes * minute);
const url = 'http://crl.example.com/ca.crl';

let ca: IssuedCertificate;
let leaf: Certificate;

beforeAll(async () => {
  ca = await makeCa();
  leaf = await makeLeaf(ca, { crlUrls: [url] });
});

function list(changes: Partial<CrlRequest> = {}): Buffer {
  return makeCrl({ issuer: ca, thisUpdate: start, nextUpdate: later(60), entries: [], ...changes });
}

/** What the CRL says of the leaf, or the phrase that says why it says nothing. */
async function outcome(octets: Uint8Array, certificate = leaf, issuer = ca.certificate): Promise<string> {
  const clock = new ManualClock(start);
  const fetcher = { fetch: () => Promise.resolve(Buffer.from(octets)) };
  const { signal } = new AbortController();
  const crls = createCrlStore({
    clock,
    fetcher,
    lifetimes,
    signal,
    maximumSize: 2 ** 24,
    capacity: 2 ** 24,
    backOff: 30_000,
  });
  const sources = { clock, fetcher, crls, lifetimes, maximumOcspSize: 0 };
  try {
    return (await askCrl(sources, url, { certificate, issuer, validBeyond: start, signal })).status;
  } catch (error) {
    if (error instanceof NoVerdict) return error.message;
    throw error;
  }
}

const revoked = (more: Partial<CrlRequest['entries'][number]> = {}) => ({
  entries: [{ serialNumber: leaf.serialNumber, at: later(-10), ...more }],
});

const point = (value: Partial<IssuingDistributionPoint>) => [
  extension(
    id_ce_issuingDistributionPoint,
    AsnConvert.serialize(Object.assign(new IssuingDistributionPoint(), value)),
    true,
  ),
];

const named = (...urls: string[]) =>
  new DistributionPointName({
    fullName: urls.map((text) => new GeneralName({ uniformResourceIdentifier: text })),
  });

describe('a CRL', () => {
  it('says good of what is not on it and revoked of what is', async () => {
    expect(await outcome(list())).toBe('GOOD');
    expect(await outcome(list(revoked()))).toBe('REVOKED');
    expect(await outcome(list(revoked({ reason: 'certificateHold' })))).toBe('REVOKED');
  });

  it('says good of what it only takes back, and of what is going to be revoked', async () => {
    expect(await outcome(list(revoked({ reason: 'removeFromCRL' })))).toBe('GOOD');
    expect(await outcome(list(revoked({ at: later(1) })))).toBe('GOOD');
  });

  it.each([
    ['P-521', () => keyOn('P-521')],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed448', () => generateKeyPairSync('ed448')],
  ])('may be signed with %s', async (_, make) => {
    const { publicKey, privateKey } = make();
    const other = { certificate: (await makeCa({ publicKey })).certificate, privateKey };
    const certificate = await makeLeaf({ ...ca, certificate: other.certificate });
    expect(await outcome(list({ issuer: other }), certificate, other.certificate)).toBe('GOOD');
    const forged = list({ issuer: other, signingKey: make().privateKey });
    expect(await outcome(forged, certificate, other.certificate)).toBe('gave a CRL with a wrong signature');
  });

  it.each<[string, string, () => Partial<CrlRequest> | Promise<Partial<CrlRequest>>]>([
    [
      'has expired',
      'gave an answer that has expired',
      () => ({ thisUpdate: later(-60), nextUpdate: later(-6) }),
    ],
    ['is from the future', 'gave an answer from the future', () => ({ thisUpdate: later(6) })],
    [
      "has a signature that is not its issuer's",
      'gave a CRL with a wrong signature',
      () => ({ signingKey: keyOn().privateKey }),
    ],
    [
      'is of another issuer',
      'gave a CRL of another issuer',
      async () => ({ issuer: await makeCa({ subject: { commonName: 'Another CA' } }) }),
    ],
    [
      'is of another key of that name',
      'gave a CRL with a wrong signature',
      async () => ({ issuer: await makeCa() }),
    ],
    [
      'is a delta',
      'gave a delta CRL, which is not used',
      () => ({
        extensions: [extension(id_ce_deltaCRLIndicator, AsnConvert.serialize(new CRLNumber(1)), true)],
      }),
    ],
    [
      'has a critical extension that is not known',
      'gave a CRL with a critical extension that is not known',
      () => ({ extensions: [extension('1.2.3.4', Uint8Array.of(5, 0).buffer, true)] }),
    ],
    [
      'is indirect',
      'gave an indirect CRL, which is not used',
      () => ({ extensions: point({ indirectCRL: true }) }),
    ],
    [
      'is about attribute certificates',
      'gave a CRL that is not about every revocation',
      () => ({ extensions: point({ onlyContainsAttributeCerts: true }) }),
    ],
    [
      'is about CAs',
      'gave a CRL that is about other certificates',
      () => ({ extensions: point({ onlyContainsCACerts: true }) }),
    ],
    [
      'is of another distribution point',
      'gave a CRL that is about other certificates',
      () => ({ extensions: point({ distributionPoint: named('http://crl.example.com/other.crl') }) }),
    ],
    [
      'has an entry of another issuer',
      'gave an indirect CRL, which is not used',
      () => {
        const issuer = new CertificateIssuer([new GeneralName({ uniformResourceIdentifier: 'http://x' })]);
        const extensions = [extension(id_ce_certificateIssuer, AsnConvert.serialize(issuer), true)];
        return { entries: [{ serialNumber: 1n, at: start, extensions }] };
      },
    ],
    [
      'has an entry with a critical extension that is not known',
      'gave a CRL with a critical extension that is not known',
      () => {
        const extensions = [extension('1.2.3.4', Uint8Array.of(5, 0).buffer, true)];
        return { entries: [{ serialNumber: 1n, at: start, extensions }] };
      },
    ],
  ])('that %s says nothing', async (_, phrase, changes) => {
    expect(await outcome(list(await changes()))).toBe(phrase);
  });

  it('says nothing when its issuer is not allowed to sign any', async () => {
    const issuer = await makeCa({ keyUsage: ['keyCertSign'] });
    const certificate = await makeLeaf(issuer);
    const phrase = 'gave a CRL of an issuer that is not allowed to sign any';
    expect(await outcome(list({ issuer }), certificate, issuer.certificate)).toBe(phrase);
  });

  it('is used when it is of the certificate’s kind and distribution point, and with what restricts nothing', async () => {
    const extensions = [
      ...point({ onlyContainsUserCerts: true, distributionPoint: named('http://other.example.com/', url) }),
      extension(id_ce_cRLNumber, AsnConvert.serialize(new CRLNumber(7))),
      extension('1.2.3.4', Uint8Array.of(5, 0).buffer),
    ];
    expect(await outcome(list({ extensions, ...revoked() }))).toBe('REVOKED');
  });

  it('finds each of many entries, and nothing else, by its serial number as an integer', async () => {
    const serials = Array.from({ length: 3_000 }, (_, index) => BigInt(index) ** 5n * 7n + 128n);
    const entries = serials.map((serialNumber) => ({
      serialNumber,
      at: start,
      reason: 'superseded' as const,
    }));
    const crl = await readCrl(list({ entries }), ca.certificate);
    expect(crl.entries.size).toBe(3_000);
    for (const serial of serials) {
      expect(crl.entries.find(serial)).toEqual({ revokedAt: start, reason: 'superseded' });
      expect(crl.entries.find(serial + 1n)).toBeUndefined();
    }
    expect(crl.entries.find(-128n)).toBeUndefined();
  });
});

describe('octets that are no right CRL', () => {
  it('never give a verdict and never throw anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
        expect(await outcome(octets)).toMatch(/^gave/);
      }),
    );
  });

  it('never give a verdict when they are a right CRL that was changed in what is signed, or cut short, or longer', async () => {
    const right = list(revoked({ reason: 'keyCompromise' }));
    // The outer header is all that comes before.
    const signed = 4;
    const [position, change] = [fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 })];
    await fc.assert(
      fc.asyncProperty(position, change, async (at, by) => {
        const changed = Uint8Array.from(right);
        changed[at] = (changed[at] ?? 0) ^ by;
        const found = await outcome(changed);
        // Around what is signed some octets say nothing; then the verdict is the one that was signed.
        if (at >= signed || found !== 'REVOKED') expect(found, `octet ${at}`).toMatch(/^gave/);
      }),
      { numRuns: 500 },
    );
    const signature = elementsOf(readOnlyElement(right)).at(-1);
    const parts = Uint8Array.from(right);
    parts[right.length - (signature?.raw.length ?? 0)] = 0x23;
    expect(await outcome(parts)).toMatch(/^gave/);
    for (let length = 0; length < right.length; length += 7) {
      expect(await outcome(right.subarray(0, length))).toMatch(/^gave/);
    }
    expect(await outcome(Buffer.concat([right, Buffer.of(0)]))).toMatch(/^gave/);
  });
});
