import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SHA256 } from '../xmldsig/algorithms.ts';
import type { Reference, SignedInfo } from '../xmldsig/model.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { digestFragment, encodeFragment, type Iso2FragmentName } from './fragment.ts';
import type { CertificateInstallationRes, Iso2Message } from './model.ts';
import {
  signCertificateInstallationReq,
  signCertificateInstallationRes,
  signCertificateUpdateReq,
  signCertificateUpdateRes,
  signedElements,
  toCertificateUpdateRes,
} from './sign.ts';
import { signWith } from './signer.ts';
import { verifyMessageSignature, type SignatureProblem } from './verify.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const sessionId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const roots = [{ x509IssuerName: 'DC=V2G,CN=Root', x509SerialNumber: 12_345n }];
const elements = signedElements({
  certificate: new Uint8Array(500).fill(7),
  subCertificates: [new Uint8Array(400).fill(8)],
  encryptedPrivateKey: new Uint8Array(48).fill(9),
  dhPublicKey: new Uint8Array(65).fill(4),
  emaid: 'DE83DUIEN83QGZ',
});
const envelope = {
  sessionId,
  responseCode: 'OK' as const,
  saProvisioningCertificateChain: { certificate: new Uint8Array(600).fill(6) },
};

function signResponse(): Promise<Iso2Message<CertificateInstallationRes>> {
  return signCertificateInstallationRes({ ...elements, ...envelope, sign: signWith(privateKey) });
}

/** The response with other references, signed anew over the SignedInfo in the given form. */
async function resign(
  change: (signedInfo: SignedInfo) => SignedInfo,
  form: Extract<Iso2FragmentName, `SignedInfo${string}`> = 'SignedInfo',
): Promise<Iso2Message<CertificateInstallationRes>> {
  const message = await signResponse();
  const signedInfo = change(signedInfoOf(message));
  const signatureValue = await signWith(privateKey)(encodeFragment(form, signedInfo));
  return { ...message, header: { ...message.header, signature: { signedInfo, signatureValue } } };
}

function signedInfoOf({ header }: Iso2Message): SignedInfo {
  if (header.signature === undefined) throw new Error('not signed');
  return header.signature.signedInfo;
}

function withReferences(change: (references: readonly Reference[]) => readonly Reference[]) {
  return (signedInfo: SignedInfo): SignedInfo => ({
    ...signedInfo,
    references: change(signedInfo.references),
  });
}

function problemsOf(
  message: Iso2Message,
  key: KeyObject | Uint8Array = publicKey,
): readonly SignatureProblem[] {
  const verdict = verifyMessageSignature(message, key);
  expect(verdict.valid).toBe(verdict.problems.length === 0);
  return verdict.problems;
}

describe('signing', () => {
  it('signs a request so that it verifies after a journey as bytes', async () => {
    const message = await signCertificateInstallationReq(
      { oemProvisioningCert: new Uint8Array(500).fill(5), listOfRootCertificateIDs: roots },
      { sessionId, sign: signWith(privateKey) },
    );
    expect(verifyMessageSignature(decodeMessage(encodeMessage(message)), publicKey)).toEqual({
      valid: true,
      digests: { '#ID1': true },
      signature: true,
      variants: [],
      problems: [],
    });
  });

  it('signs an update request', async () => {
    const message = await signCertificateUpdateReq(
      {
        id: 'update',
        contractSignatureCertChain: { certificate: new Uint8Array(500) },
        emaid: 'DE83DUIEN83QGZ',
        listOfRootCertificateIDs: roots,
      },
      { sessionId, sign: signWith(privateKey) },
    );
    expect(verifyMessageSignature(message, publicKey)).toMatchObject({
      valid: true,
      digests: { '#update': true },
    });
  });

  it('signs a response in the four references that cars expect', async () => {
    const message = decodeMessage(encodeMessage(await signResponse()));
    expect(signedInfoOf(message).references.map(({ uri }) => uri)).toEqual(['#ID1', '#ID2', '#ID3', '#ID4']);
    expect(verifyMessageSignature(message, publicKey)).toEqual({
      valid: true,
      digests: { '#ID1': true, '#ID2': true, '#ID3': true, '#ID4': true },
      signature: true,
      variants: [],
      problems: [],
    });
  });

  it('keeps the signature when the same contract answers an update request', async () => {
    const update = toCertificateUpdateRes(await signResponse(), {
      sessionId: Uint8Array.of(9),
      retryCounter: 3,
    });
    const decoded = decodeMessage(encodeMessage(update));
    expect(decoded.body).toMatchObject({ type: 'CertificateUpdateRes', retryCounter: 3 });
    expect(problemsOf(decoded)).toEqual([]);
    const anew = await signCertificateUpdateRes({ ...elements, ...envelope, sign: signWith(privateKey) });
    expect(problemsOf(anew)).toEqual([]);
  });

  it('refuses a signer that does not give 64 octets', async () => {
    const sign = () => Promise.resolve(new Uint8Array(70));
    await expect(signCertificateInstallationRes({ ...elements, ...envelope, sign })).rejects.toThrow(
      expect.objectContaining({ code: 'SIGNATURE_SIZE' }),
    );
  });

  it('refuses a key of another curve', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    expect(() => signWith(other.privateKey)).toThrow(expect.objectContaining({ code: 'KEY_TYPE' }));
  });
});

describe('verifying', () => {
  it('refuses a message without a signature', async () => {
    const { header, body } = await signResponse();
    expect(problemsOf({ header: { sessionId: header.sessionId }, body })).toEqual(['unsigned']);
  });

  it('refuses another key, a key of another curve and what is no certificate', async () => {
    const message = await signResponse();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(problemsOf(message, other.publicKey)).toEqual(['signature-mismatch']);
    expect(problemsOf(message, generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)).toEqual([
      'signer-key',
    ]);
    expect(problemsOf(message, generateKeyPairSync('ed25519').publicKey)).toEqual(['signer-key']);
    expect(problemsOf(message, Uint8Array.of(0x30, 0x00))).toEqual(['signer-key']);
  });

  it.each([
    [
      'the contract chain',
      { contractSignatureCertChain: { id: 'ID1', certificate: new Uint8Array(500) } },
      '#ID1',
    ],
    [
      'the wrapped key',
      { contractSignatureEncryptedPrivateKey: { id: 'ID2', value: new Uint8Array(48) } },
      '#ID2',
    ],
    ['the DH public key', { dhPublicKey: { id: 'ID3', value: new Uint8Array(65) } }, '#ID3'],
    ['the eMAID', { emaid: { id: 'ID4', value: 'DE83DUIEN83QGY' } }, '#ID4'],
  ])('notices that %s was changed', async (_what, change, uri) => {
    const { header, body } = await signResponse();
    const verdict = verifyMessageSignature({ header, body: { ...body, ...change } }, publicKey);
    expect(verdict.valid).toBe(false);
    expect(verdict.digests).toEqual({ '#ID1': true, '#ID2': true, '#ID3': true, '#ID4': true, [uri]: false });
    expect(verdict.problems).toEqual(['digest-mismatch']);
  });

  it('does not mind what is not signed: response code, SessionID, the chain of the signer', async () => {
    const { header, body } = await signResponse();
    const changed = { ...body, responseCode: 'OK_CertificateExpiresSoon' as const };
    expect(problemsOf({ header: { ...header, sessionId: new Uint8Array(0) }, body: changed })).toEqual([]);
  });

  it('refuses a signature value that was changed or has another length', async () => {
    const { header, body } = await signResponse();
    for (const signatureValue of [
      new Uint8Array(64),
      new Uint8Array(0),
      new Uint8Array(63),
      new Uint8Array(72),
    ]) {
      const signature = { signedInfo: signedInfoOf({ header, body }), signatureValue };
      expect(problemsOf({ header: { ...header, signature }, body })).toEqual(['signature-mismatch']);
    }
  });

  it('refuses a response of which one element is not referenced, though its signature is right', async () => {
    const message = await resign(withReferences((references) => references.slice(1)));
    const verdict = verifyMessageSignature(message, publicKey);
    expect(verdict.signature).toBe(true);
    expect(verdict.valid).toBe(false);
    expect(verdict.problems).toEqual(['element-not-referenced']);
  });

  it('refuses a reference to an element twice', async () => {
    const message = await resign(withReferences((references) => [...references, ...references.slice(0, 1)]));
    expect(problemsOf(message)).toEqual(['duplicate-reference']);
  });

  it('does not let a right second reference cover up a wrong first one', async () => {
    const wrong = (reference: Reference): Reference => ({ ...reference, digestValue: new Uint8Array(32) });
    const message = await resign(
      withReferences((references) => [...references.slice(0, 1).map(wrong), ...references]),
    );
    const verdict = verifyMessageSignature(message, publicKey);
    expect(verdict.digests['#ID1']).toBe(false);
    expect(verdict.problems).toContain('duplicate-reference');
    expect(verdict.problems).toContain('digest-mismatch');
  });

  it('refuses references to anything else, and those without a URI', async () => {
    const [first] = signedInfoOf(await signResponse()).references;
    if (first === undefined) throw new Error('no reference');
    const elsewhere = await resign(
      withReferences((references) => [...references, { ...first, uri: '#ID9' }]),
    );
    expect(verifyMessageSignature(elsewhere, publicKey).digests['#ID9']).toBe(false);
    expect(problemsOf(elsewhere)).toContain('unknown-reference');
    const { uri: _uri, ...withoutUri } = first;
    expect(problemsOf(await resign(withReferences((references) => [...references, withoutUri])))).toEqual([
      'unknown-reference',
    ]);
  });

  it('refuses two elements with one Id, also when one of them is not signed', async () => {
    const { header, body } = await signResponse();
    const unsigned = {
      ...body,
      saProvisioningCertificateChain: { id: 'ID1', certificate: new Uint8Array(1) },
    };
    expect(problemsOf({ header, body: unsigned })).toEqual(['duplicate-id']);
    const signed = { ...body, dhPublicKey: { ...body.dhPublicKey, id: 'ID2' } };
    expect(problemsOf({ header, body: signed })).toContain('duplicate-id');
  });

  it.each<[string, (signedInfo: SignedInfo) => SignedInfo]>([
    [
      'signature algorithm',
      (info) => ({ ...info, signatureMethod: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
    ],
    [
      'canonicalization',
      (info) => ({ ...info, canonicalizationMethod: 'http://www.w3.org/2001/10/xml-exc-c14n#' }),
    ],
    ['digest algorithm', withReferences((all) => all.map((one) => ({ ...one, digestMethod: `${SHA256}x` })))],
    ['transform', withReferences((all) => all.map((one) => ({ ...one, transforms: [{ algorithm: 'x' }] })))],
  ])('refuses another %s', async (_what, change) => {
    expect(problemsOf(await resign(change))).toEqual(['algorithm']);
  });

  it('accepts and names the variants: strict eMAID and SignedInfo of the message schema', async () => {
    const strictDigest = digestFragment('eMAID(strict type, libcbv2g)', elements.emaid);
    const strict = await resign(
      withReferences((all) =>
        all.map((one) => (one.uri === '#ID4' ? { ...one, digestValue: strictDigest } : one)),
      ),
      'SignedInfo(iso2 schema)',
    );
    expect(verifyMessageSignature(strict, publicKey)).toMatchObject({
      valid: true,
      variants: ['strict-emaid', 'iso2-signed-info'],
    });
  });
});
