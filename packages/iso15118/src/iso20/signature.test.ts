import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignatureProblem } from '../iso2/verify.ts';
import { SHA256 } from '../xmldsig/algorithms.ts';
import type { Reference, SignedInfo } from '../xmldsig/model.ts';
import { decodeIso20Message } from './decode.ts';
import { encodeIso20Message } from './encode.ts';
import { digestIso20Fragment, encodeIso20Fragment, type Iso20FragmentName } from './fragment.ts';
import type { Iso20CertificateInstallationRes, Iso20Message } from './model.ts';
import { negativeIso20CertificateInstallationRes } from './negative.ts';
import { signIso20CertificateInstallationReq, signIso20CertificateInstallationRes } from './sign.ts';
import { signIso20With } from './signer.ts';
import { verifyIso20MessageSignature } from './verify.ts';

const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = signIso20With(p521.privateKey);
const envelope = { sessionId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), timeStamp: 1_796_083_200n };
const unsigned = negativeIso20CertificateInstallationRes({ ...envelope, responseCode: 'OK' });

function signResponse(by = signer): Promise<Iso20Message<Iso20CertificateInstallationRes>> {
  return signIso20CertificateInstallationRes(unsigned.body, { ...envelope, signer: by });
}

function signedInfoOf({ header }: Iso20Message): SignedInfo {
  if (header.signature === undefined) throw new Error('not signed');
  return header.signature.signedInfo;
}

/** The response with another SignedInfo, signed anew over it in the given form. */
async function resign(
  change: (signedInfo: SignedInfo) => SignedInfo,
  form: Extract<Iso20FragmentName, `SignedInfo${string}`> = 'SignedInfo',
): Promise<Iso20Message> {
  const message = await signResponse();
  const signedInfo = change(signedInfoOf(message));
  const signatureValue = await signer.sign(encodeIso20Fragment(form, signedInfo));
  return { ...message, header: { ...message.header, signature: { signedInfo, signatureValue } } };
}

function withReferences(change: (reference: Reference) => readonly Reference[]) {
  return (signedInfo: SignedInfo): SignedInfo => ({
    ...signedInfo,
    references: signedInfo.references.flatMap(change),
  });
}

function problemsOf(
  message: Iso20Message,
  key: KeyObject | Uint8Array = p521.publicKey,
): readonly SignatureProblem[] {
  const verdict = verifyIso20MessageSignature(message, key);
  expect(verdict.valid).toBe(verdict.problems.length === 0);
  return verdict.problems;
}

const holds = { valid: true, digests: { '#ID1': true }, signature: true, variants: [], problems: [] };

describe('signing messages of ISO 15118-20', () => {
  it('signs a request so that it verifies after a journey as bytes', async () => {
    const message = await signIso20CertificateInstallationReq(
      {
        oemProvisioningCertificateChain: { id: 'ID1', certificate: new Uint8Array(700).fill(5) },
        listOfRootCertificateIDs: [{ x509IssuerName: 'CN=Root', x509SerialNumber: 1n }],
        maximumContractCertificateChains: 3,
      },
      { ...envelope, signer },
    );
    expect(message.header.signature?.signatureValue).toHaveLength(132);
    const decoded = decodeIso20Message(encodeIso20Message(message));
    expect(decoded).toEqual(message);
    expect(verifyIso20MessageSignature(decoded, p521.publicKey)).toEqual(holds);
  });

  it('signs a response with SHA-512 and P-521', async () => {
    const message = decodeIso20Message(encodeIso20Message(await signResponse()));
    expect(signedInfoOf(message)).toMatchObject({
      signatureMethod: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512',
      references: [{ uri: '#ID1', digestMethod: 'http://www.w3.org/2001/04/xmlenc#sha512' }],
    });
    expect(verifyIso20MessageSignature(message, p521.publicKey)).toEqual(holds);
  });

  it('signs with SHA-256 and P-256 where that is asked for, which verifying names', async () => {
    const message = await signResponse(signIso20With(p256.privateKey));
    expect(message.header.signature?.signatureValue).toHaveLength(64);
    expect(verifyIso20MessageSignature(message, p256.publicKey)).toEqual({
      ...holds,
      variants: ['p256-profile'],
    });
  });

  it('keeps the signature when session, time and what else is not signed change', async () => {
    const { header, body } = await signResponse();
    const changed: Iso20Message = {
      header: { ...header, sessionId: new Uint8Array(0), timeStamp: 0n },
      body: { ...body, responseCode: 'OK_CertificateExpiresSoon', remainingContractCertificateChains: 9 },
    };
    expect(problemsOf(changed)).toEqual([]);
  });

  it('refuses a signer that does not give the octets of its profile, and keys of other curves', async () => {
    const sign = () => Promise.resolve(new Uint8Array(64));
    await expect(signResponse({ profile: 'P-521', sign })).rejects.toMatchObject({ code: 'SIGNATURE_SIZE' });
    for (const { privateKey } of [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed448'),
    ]) {
      expect(() => signIso20With(privateKey)).toThrow(expect.objectContaining({ code: 'KEY_TYPE' }));
    }
  });
});

describe('verifying messages of ISO 15118-20', () => {
  it('refuses a message without a signature', () => {
    expect(problemsOf(unsigned)).toEqual(['unsigned']);
  });

  it('refuses another key, a key of another curve and what is no certificate', async () => {
    const message = await signResponse();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    expect(problemsOf(message, other.publicKey)).toEqual(['signature-mismatch']);
    expect(problemsOf(message, p256.publicKey)).toEqual(['signer-key']);
    expect(problemsOf(message, generateKeyPairSync('ed448').publicKey)).toEqual(['signer-key']);
    expect(problemsOf(message, Uint8Array.of(0x30, 0x00))).toEqual(['signer-key']);
  });

  it.each([
    ['the DH public key', { dhPublicKey: new Uint8Array(133).fill(1) }],
    ['the curve', { ecdhCurve: 'X448' as const }],
    [
      'the kind of the encrypted key',
      { encryptedPrivateKey: { kind: 'TPM' as const, value: new Uint8Array(94) } },
    ],
    [
      'the contract',
      {
        contractCertificateChain: { certificate: new Uint8Array(2), subCertificates: [new Uint8Array(1)] },
      },
    ],
  ])('notices that %s was changed', async (_what, change) => {
    const { header, body } = await signResponse();
    const signedInstallationData = { ...body.signedInstallationData, ...change };
    const changed = { header, body: { ...body, signedInstallationData } };
    const verdict = verifyIso20MessageSignature(changed, p521.publicKey);
    expect(verdict.digests).toEqual({ '#ID1': false });
    expect(verdict.problems).toEqual(['digest-mismatch']);
  });

  it('refuses a signature value that was changed or has another length', async () => {
    const { header, body } = await signResponse();
    for (const size of [132, 0, 131, 64, 138]) {
      const signature = {
        signedInfo: signedInfoOf({ header, body }),
        signatureValue: new Uint8Array(size),
      };
      expect(problemsOf({ header: { ...header, signature }, body })).toEqual(['signature-mismatch']);
    }
  });

  it('refuses references that are doubled, lead elsewhere or lead nowhere', async () => {
    const doubled = await resign(withReferences((one) => [one, one]));
    expect(problemsOf(doubled)).toEqual(['duplicate-reference']);
    const covered = await resign(withReferences((one) => [{ ...one, digestValue: new Uint8Array(64) }, one]));
    expect(verifyIso20MessageSignature(covered, p521.publicKey).digests).toEqual({ '#ID1': false });
    const elsewhere = await resign(withReferences((one) => [{ ...one, uri: '#ID9' }]));
    expect(problemsOf(elsewhere)).toEqual(['unknown-reference', 'digest-mismatch', 'element-not-referenced']);
    const nowhere = await resign(withReferences(({ uri: _uri, ...one }) => [one]));
    expect(problemsOf(nowhere)).toEqual(['unknown-reference', 'element-not-referenced']);
  });

  it.each<[string, (signedInfo: SignedInfo) => SignedInfo, readonly SignatureProblem[]]>([
    ['signature algorithm', (info) => ({ ...info, signatureMethod: 'x' }), ['algorithm']],
    ['canonicalization', (info) => ({ ...info, canonicalizationMethod: 'x' }), ['algorithm']],
    [
      'digest algorithm',
      withReferences((one) => [{ ...one, digestMethod: 'x' }]),
      ['digest-mismatch', 'algorithm'],
    ],
    ['transform', withReferences((one) => [{ ...one, transforms: [{ algorithm: 'x' }] }]), ['algorithm']],
    [
      'profile’s digest, though it is right',
      withReferences((one) => [
        {
          ...one,
          digestMethod: SHA256,
          digestValue: digestIso20Fragment(
            'SignedInstallationData',
            unsigned.body.signedInstallationData,
            'sha256',
          ),
        },
      ]),
      ['algorithm'],
    ],
  ])('refuses another %s', async (_what, change, problems) => {
    expect(problemsOf(await resign(change))).toEqual(problems);
  });

  it('accepts and names SignedInfo of the message schema', async () => {
    const message = await resign((info) => info, 'SignedInfo(iso20 schema)');
    expect(verifyIso20MessageSignature(message, p521.publicKey)).toEqual({
      ...holds,
      variants: ['iso20-signed-info'],
    });
  });
});
