import { generateKeyPairSync } from 'node:crypto';
import { BasicOCSPResponse, CertID, OCSPResponse, OCSPResponseStatus } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { makeOcspAnswer, makeOcspError, readOcspRequest, type OcspAnswerRequest } from '../testing/index.ts';
import { NoVerdict } from './no-verdict.ts';
import { readOcspAnswer } from './ocsp-answer.ts';
import { askAbout, type OcspQuestion } from './ocsp-request.ts';
import { keyOn, makeCa, makeLeaf, makeSigner, minute, start } from './revocation.fixture.ts';

const ocspSigning = '1.3.6.1.5.5.7.3.9';
const lifetimes = { withoutNextUpdate: 60 * minute, longest: 7 * 24 * 60 * minute };
const later = (minutes: number): Date => new Date(start.getTime() + minutes * minute);

let ca: IssuedCertificate;
let leaf: Certificate;
let question: OcspQuestion;

beforeAll(async () => {
  ca = await makeCa();
  leaf = await makeLeaf(ca);
  question = askAbout(leaf, ca.certificate);
});

type Changes = Partial<OcspAnswerRequest>;

function answer(changes: Changes = {}): Buffer {
  const { certId, nonce } = readOcspRequest(question.request);
  return makeOcspAnswer({
    certId,
    status: { status: 'GOOD' },
    thisUpdate: start,
    nextUpdate: later(60),
    nonce,
    signer: ca,
    ...changes,
  });
}

/** The verdict's status, or the phrase that says why there is none. */
async function outcome(octets: Uint8Array, now = start): Promise<string> {
  try {
    return (await readOcspAnswer(octets, question, now, lifetimes)).status;
  } catch (error) {
    if (error instanceof NoVerdict) return error.message;
    throw error;
  }
}

describe('an OCSP request', () => {
  it('names the certificate by SHA-1 and has a nonce of 32 octets that is never the same', () => {
    const { certId, nonce, serialNumber } = readOcspRequest(question.request);
    expect(certId.hashAlgorithm.algorithm).toBe('1.3.14.3.2.26');
    expect(serialNumber).toBe(leaf.serialNumber);
    expect(nonce).toHaveLength(34);
    expect(askAbout(leaf, ca.certificate).nonce).not.toEqual(question.nonce);
  });
});

describe('an OCSP answer', () => {
  it.each(['NAME', 'KEY'] as const)(
    'is taken from the issuer itself, named by its %s',
    async (responderId) => {
      expect(await outcome(answer({ responderId }))).toBe('GOOD');
    },
  );

  it.each(['P-256', 'P-384', 'P-521'])('is taken when it is signed on %s', async (curve) => {
    const keys = keyOn(curve);
    const signer = await makeSigner(ca, { publicKey: keys.publicKey, extendedKeyUsages: [ocspSigning] });
    const signed = answer({ signer, signingKey: keys.privateKey, certificates: [signer.certificate] });
    expect(await outcome(signed)).toBe('GOOD');
  });

  it.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['Ed448', () => generateKeyPairSync('ed448')],
  ])('is taken when it is signed with %s', async (_, make) => {
    const keys = make();
    const signer = await makeSigner(ca, { publicKey: keys.publicKey, extendedKeyUsages: [ocspSigning] });
    const signed = answer({ signer, signingKey: keys.privateKey, certificates: [signer.certificate] });
    expect(await outcome(signed)).toBe('GOOD');
  });

  it.each<[string, string, () => Changes]>([
    ['it is not known', 'does not know the certificate', () => ({ status: { status: 'UNKNOWN' } })],
    [
      'the nonce is another',
      'gave an answer with a wrong nonce',
      () => ({ nonce: askAbout(leaf, ca.certificate).nonce }),
    ],
    [
      'it is about another certificate',
      'gave an answer about another certificate',
      () => {
        const { certId } = readOcspRequest(question.request);
        return { certId: Object.assign(new CertID(), certId, { serialNumber: Uint8Array.of(1).buffer }) };
      },
    ],
    [
      'it is about one of another issuer',
      'gave an answer about another certificate',
      () => {
        const { certId } = readOcspRequest(question.request);
        const issuerKeyHash = new OctetString(Buffer.alloc(20));
        return { certId: Object.assign(new CertID(), certId, { issuerKeyHash }) };
      },
    ],
    [
      'it has expired',
      'gave an answer that has expired',
      () => ({ thisUpdate: later(-60), nextUpdate: later(-6) }),
    ],
    [
      'it is from the future',
      'gave an answer from the future',
      () => ({ thisUpdate: later(6), nextUpdate: later(60), producedAt: start }),
    ],
    ['it was made in the future', 'gave an answer from the future', () => ({ producedAt: later(6) })],
    [
      'it ends before it begins',
      'gave an answer that ends before it begins',
      () => ({ thisUpdate: later(4), nextUpdate: later(3) }),
    ],
    [
      'it has neither nonce nor end and is old',
      'gave an answer that is too old',
      () => ({ thisUpdate: later(-66), nextUpdate: undefined, nonce: undefined }),
    ],
    [
      'another key signed it',
      'gave an answer with a wrong signature',
      () => ({ signingKey: keyOn().privateKey }),
    ],
  ])('gives no verdict when %s', async (_, phrase, changes) => {
    expect(await outcome(answer(changes()))).toBe(phrase);
  });

  it('is taken without a nonce while it is fresh, and within five minutes of its dates', async () => {
    expect(await outcome(answer({ nonce: undefined }))).toBe('GOOD');
    expect(await outcome(answer({ nonce: undefined, nextUpdate: undefined, thisUpdate: later(-59) }))).toBe(
      'GOOD',
    );
    expect(await outcome(answer({ thisUpdate: later(4), producedAt: later(4) }))).toBe('GOOD');
    expect(await outcome(answer({ thisUpdate: later(-60), nextUpdate: later(-4) }))).toBe('GOOD');
  });

  it.each([
    [OCSPResponseStatus.tryLater, 'refused to answer (tryLater)'],
    [OCSPResponseStatus.unauthorized, 'refused to answer (unauthorized)'],
    [OCSPResponseStatus.internalError, 'refused to answer (internalError)'],
  ])('with the status %s gives no verdict', async (status, phrase) => {
    expect(await outcome(makeOcspError(status))).toBe(phrase);
  });

  it('keeps date and reason of a revocation, and a hold counts as one', async () => {
    const status = { status: 'REVOKED', at: later(-10), reason: 'certificateHold' } as const;
    const verdict = await readOcspAnswer(answer({ status }), question, start, lifetimes);
    expect(verdict).toMatchObject({ status: 'REVOKED', revokedAt: later(-10), reason: 'certificateHold' });
  });

  it('holds until its nextUpdate, an hour without one, and a week at most', async () => {
    const until = async (nextUpdate: Date | undefined) =>
      (await readOcspAnswer(answer({ nextUpdate }), question, start, lifetimes)).holdsUntil;
    expect(await until(later(90))).toEqual(later(90));
    expect(await until(undefined)).toEqual(later(60));
    expect(await until(later(30 * 24 * 60))).toEqual(later(7 * 24 * 60));
  });
});

describe('a delegated signer', () => {
  const delegated = async (
    changes: Parameters<typeof makeSigner>[1],
    by: IssuedCertificate = ca,
  ): Promise<string> => {
    const signer = await makeSigner(by, { extendedKeyUsages: [ocspSigning], ...changes });
    return await outcome(answer({ signer, certificates: [signer.certificate] }));
  };

  it('that the issuer certified for it is taken', async () => {
    expect(await delegated({})).toBe('GOOD');
    expect(await delegated({ keyUsage: ['digitalSignature'] })).toBe('GOOD');
  });

  it('is not taken when its certificate is not in the answer', async () => {
    const signer = await makeSigner(ca, { extendedKeyUsages: [ocspSigning] });
    expect(await outcome(answer({ signer }))).toBe('gave an answer whose signer is not known');
  });

  it.each([
    ['has no key usage for it', 'is not allowed to sign answers', { extendedKeyUsages: [] }],
    [
      'has another extended key usage',
      'is not allowed to sign answers',
      { extendedKeyUsages: ['1.3.6.1.5.5.7.3.1'] },
    ],
    ['may not sign at all', 'is not allowed to sign at all', { keyUsage: ['keyAgreement'] as const }],
    ['has expired', 'is out of its dates', { notAfter: later(-1) }],
    ['is not valid yet', 'is out of its dates', { notBefore: later(10) }],
  ])('that %s is not taken', async (_, phrase, changes) => {
    expect(await delegated(changes)).toBe(`gave an answer whose signer ${phrase}`);
  });

  it('that somebody else certified is not taken, whatever its issuer is called', async () => {
    const phrase = "gave an answer whose signer was not certified by the certificate's issuer";
    const other = await makeCa();
    expect(await delegated({}, other)).toBe(phrase);
    const named = await makeCa({ subject: { commonName: 'Another CA' } });
    expect(await delegated({}, named)).toBe(phrase);
  });

  it('is not taken when its certificate names the issuer and its key, and another key signed it', async () => {
    const phrase = "gave an answer whose signer was not certified by the certificate's issuer";
    expect(await delegated({ signingKey: keyOn().privateKey })).toBe(phrase);
  });

  it('below a CA that the issuer certified is not taken', async () => {
    const { publicKey, privateKey } = keyOn();
    const below = await makeSigner(ca, { subject: { commonName: 'Below' }, publicKey, ca: {} });
    const phrase = "gave an answer whose signer was not certified by the certificate's issuer";
    expect(await delegated({}, { certificate: below.certificate, privateKey })).toBe(phrase);
  });
});

describe('octets that are no right answer', () => {
  it('never give a verdict and never throw anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (octets) => {
        expect(await outcome(octets)).toMatch(/^(gave|refused)/);
      }),
    );
  });

  it('never give a verdict when they are a right answer that was changed in what is signed, or cut short, or longer', async () => {
    const right = answer();
    const { responseBytes } = AsnConvert.parse(right, OCSPResponse);
    const basic = AsnConvert.parse(responseBytes?.response ?? new OctetString(), BasicOCSPResponse);
    const data = Buffer.from(basic.tbsResponseDataRaw ?? new ArrayBuffer());
    const signed = right.indexOf(data);
    expect(signed).toBeGreaterThan(0);
    const [position, change] = [fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 })];
    await fc.assert(
      fc.asyncProperty(position, change, async (at, by) => {
        const changed = Uint8Array.from(right);
        changed[at] = (changed[at] ?? 0) ^ by;
        const found = await outcome(changed);
        // Before and behind what is signed some bits say nothing; then the verdict is the one that was signed.
        const isSigned = at >= signed && at < signed + data.length;
        if (isSigned || found !== 'GOOD') expect(found, `octet ${at}`).toMatch(/^(gave|refused)/);
      }),
      { numRuns: 500 },
    );
    for (let length = 0; length < right.length; length += 7) {
      expect(await outcome(right.subarray(0, length))).toMatch(/^gave/);
    }
    expect(await outcome(Buffer.concat([right, Buffer.of(0)]))).toMatch(/^gave/);
  });

  it('never give GOOD when they are those of a revoked certificate with some octets changed', async () => {
    const revoked = answer({ status: { status: 'REVOKED', at: later(-10), reason: 'keyCompromise' } });
    const edit = fc.tuple(fc.nat(revoked.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
        const changed = Uint8Array.from(revoked);
        for (const [at, octet] of edits) changed[at] = octet;
        expect(await outcome(changed)).not.toBe('GOOD');
      }),
      { numRuns: 300 },
    );
  });
});
