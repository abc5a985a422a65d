import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EcdhCurve, EncryptedKeyKind } from '../iso20/codes.ts';
import { fromBase64 } from '../iso2/vectors.fixture.ts';
import { scalarOf } from './ec-curve.ts';
import { ecdhCurveOf, iso20ContractKeyFits, unwrapIso20ContractKey, wrapIso20ContractKey } from './iso20.ts';
import { P521 } from './p521.ts';
import { subjectKeyIdentifierOf } from './subject-key-identifier.ts';

/** Computed with pyca/cryptography: ECDH, ConcatKDFHash and AESGCM. */
interface KnownAnswer {
  readonly name: string;
  readonly pcid: string;
  readonly oemPrivateKeyPkcs8: string;
  readonly contractCertificate: string;
  readonly ecdhCurve: EcdhCurve;
  readonly dhPublicKey: string;
  readonly kind: EncryptedKeyKind;
  readonly encryptedPrivateKey: string;
  readonly privateKey: string;
}

const { contractKeys: answers } = JSON.parse(
  readFileSync(new URL('../../golden/iso20.json', import.meta.url), 'utf8'),
) as { readonly contractKeys: readonly KnownAnswer[] };

function read(answer: KnownAnswer) {
  return {
    pcid: answer.pcid,
    contractCertificate: fromBase64(answer.contractCertificate),
    ecdhCurve: answer.ecdhCurve,
    dhPublicKey: fromBase64(answer.dhPublicKey),
    encryptedPrivateKey: { kind: answer.kind, value: fromBase64(answer.encryptedPrivateKey) },
    oemPrivateKey: createPrivateKey({
      key: Buffer.from(answer.oemPrivateKeyPkcs8, 'base64'),
      format: 'der',
      type: 'pkcs8',
    }),
    privateKey: fromBase64(answer.privateKey),
  };
}

function answerOf(index: number): ReturnType<typeof read> {
  const answer = answers[index];
  if (answer === undefined) throw new Error('no such known answer');
  return read(answer);
}

const onP521 = answerOf(0);
const ofX448 = answerOf(1);
const code = (value: string): Error => expect.objectContaining({ code: value }) as Error;

describe.each(answers)('$name', (answer) => {
  const known = read(answer);

  it('unwraps to the key of the contract certificate, as computed independently', () => {
    const octets = unwrapIso20ContractKey(known);
    expect(octets).toEqual(known.privateKey);
    expect(iso20ContractKeyFits(octets, known.contractCertificate)).toBe(true);
  });

  it('comes back after wrapping, never wrapped alike twice, in the lengths of the standard', () => {
    const oemPublicKey = createPublicKey(known.oemPrivateKey);
    const [one, two] = [0, 1].map(() => wrapIso20ContractKey({ ...known, oemPublicKey }));
    if (one === undefined || two === undefined) throw new Error('not wrapped');
    expect(one.ecdhCurve).toBe(answer.ecdhCurve);
    expect(one.dhPublicKey).toHaveLength(answer.ecdhCurve === 'X448' ? 57 : 133);
    expect(one.dhPublicKey[0]).toBe(0x04);
    expect(one.encryptedPrivateKey.kind).toBe(answer.kind);
    expect(one.encryptedPrivateKey.value).toHaveLength(answer.kind === 'X448' ? 84 : 94);
    expect(one.dhPublicKey).not.toEqual(two.dhPublicKey);
    expect(one.encryptedPrivateKey.value).not.toEqual(two.encryptedPrivateKey.value);
    expect(unwrapIso20ContractKey({ ...known, ...one })).toEqual(known.privateKey);
  });

  it('does not open when a bit was changed, or for another PCID or contract', () => {
    const other = answer.kind === 'X448' ? onP521 : ofX448;
    const value = Uint8Array.from(known.encryptedPrivateKey.value);
    for (const index of [0, 12, value.length - 1]) {
      const changed = Uint8Array.from(value);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const encryptedPrivateKey = { kind: answer.kind, value: changed };
      expect(() => unwrapIso20ContractKey({ ...known, encryptedPrivateKey })).toThrow(code('AUTHENTICATION'));
    }
    const { contractCertificate } = other;
    expect(() => unwrapIso20ContractKey({ ...known, contractCertificate })).toThrow(code('AUTHENTICATION'));
    expect(() => unwrapIso20ContractKey({ ...known, pcid: 'WBACG20DEMO0000018' })).toThrow(
      code('AUTHENTICATION'),
    );
    expect(unwrapIso20ContractKey({ ...known, pcid: known.pcid.toLowerCase() })).toEqual(known.privateKey);
  });
});

describe('wrapIso20ContractKey', () => {
  const oemPublicKey = createPublicKey(onP521.oemPrivateKey);

  it('takes keys as well as their octets', () => {
    const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
    const x448 = generateKeyPairSync('x448');
    const wrapped = wrapIso20ContractKey({ ...onP521, privateKey: p521, oemPublicKey });
    expect(unwrapIso20ContractKey({ ...onP521, ...wrapped })).toEqual(scalarOf(P521, p521));
    const wrapped448 = wrapIso20ContractKey({ ...onP521, privateKey: x448.privateKey, oemPublicKey });
    expect(wrapped448.encryptedPrivateKey.kind).toBe('X448');
    expect(iso20ContractKeyFits(unwrapIso20ContractKey({ ...onP521, ...wrapped448 }), x448.publicKey)).toBe(
      true,
    );
  });

  it('refuses keys of other curves, octets that are no key, and what it cannot be bound to', () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = { ...onP521, oemPublicKey };
    expect(() => wrapIso20ContractKey({ ...input, privateKey: p256.privateKey })).toThrow(code('KEY_TYPE'));
    expect(() => wrapIso20ContractKey({ ...input, privateKey: oemPublicKey })).toThrow(code('KEY_TYPE'));
    expect(() => wrapIso20ContractKey({ ...input, oemPublicKey: p256.publicKey })).toThrow(code('KEY_TYPE'));
    for (const size of [0, 32, 65, 66, 67]) {
      expect(() => wrapIso20ContractKey({ ...input, privateKey: new Uint8Array(size) })).toThrow(
        code('SCALAR'),
      );
    }
    expect(() => wrapIso20ContractKey({ ...input, pcid: 'WBA-CG20-DEMO-0000' })).toThrow(code('IDENTIFIER'));
    expect(() => wrapIso20ContractKey({ ...input, contractCertificate: new Uint8Array(9) })).toThrow(
      code('CERTIFICATE'),
    );
  });
});

describe('unwrapIso20ContractKey', () => {
  it('refuses lengths, points and keys that cannot be', () => {
    const { value } = onP521.encryptedPrivateKey;
    const short = { kind: 'SECP521', value: value.subarray(1) } as const;
    expect(() => unwrapIso20ContractKey({ ...onP521, encryptedPrivateKey: short })).toThrow(code('LENGTH'));
    const tpm = { kind: 'TPM', value } as const;
    expect(() => unwrapIso20ContractKey({ ...onP521, encryptedPrivateKey: tpm })).toThrow(code('KEY_TYPE'));
    const { oemPrivateKey } = ofX448;
    expect(() => unwrapIso20ContractKey({ ...onP521, oemPrivateKey })).toThrow(code('KEY_TYPE'));
    expect(() => unwrapIso20ContractKey({ ...onP521, ecdhCurve: 'X448' })).toThrow(code('KEY_TYPE'));
    const oemPublic = createPublicKey(onP521.oemPrivateKey);
    expect(() => unwrapIso20ContractKey({ ...onP521, oemPrivateKey: oemPublic })).toThrow(code('KEY_TYPE'));
    for (const dhPublicKey of [new Uint8Array(133), onP521.dhPublicKey.subarray(1), new Uint8Array(0)]) {
      expect(() => unwrapIso20ContractKey({ ...onP521, dhPublicKey })).toThrow(code('POINT'));
    }
  });

  it('refuses X448 keys of another length and those that give no secret, and takes one without 04', () => {
    for (const dhPublicKey of [new Uint8Array(57), new Uint8Array(55), new Uint8Array(56)]) {
      expect(() => unwrapIso20ContractKey({ ...ofX448, dhPublicKey })).toThrow(code('POINT'));
    }
    const dhPublicKey = ofX448.dhPublicKey.subarray(1);
    expect(unwrapIso20ContractKey({ ...ofX448, dhPublicKey })).toEqual(ofX448.privateKey);
  });
});

describe('ecdhCurveOf', () => {
  it('tells the curves apart and knows what is a key of neither', () => {
    expect(ecdhCurveOf(onP521.dhPublicKey)).toBe('SECP521');
    expect(ecdhCurveOf(ofX448.dhPublicKey)).toBe('X448');
    const offCurve = Uint8Array.from(onP521.dhPublicKey);
    offCurve[132] = (offCurve[132] ?? 0) ^ 1;
    const compressed = Uint8Array.from(ofX448.dhPublicKey);
    compressed[0] = 2;
    for (const octets of [offCurve, compressed, new Uint8Array(0), new Uint8Array(65), new Uint8Array(133)]) {
      expect(ecdhCurveOf(octets)).toBeUndefined();
    }
  });
});

describe('iso20ContractKeyFits', () => {
  it('tells a key from another, and from what is none', () => {
    expect(iso20ContractKeyFits(onP521.privateKey, ofX448.contractCertificate)).toBe(false);
    expect(iso20ContractKeyFits(ofX448.privateKey, onP521.contractCertificate)).toBe(false);
    expect(iso20ContractKeyFits(new Uint8Array(56), ofX448.contractCertificate)).toBe(false);
    expect(iso20ContractKeyFits(onP521.privateKey, Uint8Array.of(1, 2, 3))).toBe(false);
  });
});

describe('subjectKeyIdentifierOf', () => {
  it('reads the eight octets of the second method of RFC 5280', () => {
    const identifier = subjectKeyIdentifierOf(onP521.contractCertificate);
    expect(identifier).toHaveLength(8);
    expect((identifier[0] ?? 0) >>> 4).toBe(4);
  });

  it('refuses a certificate wherever it is cut, and nothing else gets out', () => {
    const { contractCertificate } = onP521;
    for (let length = 0; length < contractCertificate.length; length += 7) {
      expect(() => subjectKeyIdentifierOf(contractCertificate.subarray(0, length))).toThrow(
        code('CERTIFICATE'),
      );
    }
  });
});
