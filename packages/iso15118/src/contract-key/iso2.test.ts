import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromBase64, loadVectors, vectorsFolder } from '../iso2/vectors.fixture.ts';
import { isP256Point, unwrapContractKey, wrapContractKey } from './iso2.ts';
import { contractKeyFits, p256Point, p256Scalar } from './p256.ts';

const car = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const contract = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const scalar = p256Scalar(contract.privateKey);
const wrapped = wrapContractKey({ privateKey: contract.privateKey, oemPublicKey: car.publicKey });

/** n, the order of P-256's group (SEC 2, 2.4.2). */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

describe('wrapContractKey', () => {
  it('gives 48 and 65 octets that the car unwraps to the private key', () => {
    expect(wrapped.encryptedPrivateKey).toHaveLength(48);
    expect(wrapped.dhPublicKey).toHaveLength(65);
    const unwrapped = unwrapContractKey({ ...wrapped, oemPrivateKey: car.privateKey });
    expect(unwrapped).toEqual(scalar);
    expect(contractKeyFits(unwrapped, contract.publicKey)).toBe(true);
  });

  it('takes the private number as well, and never wraps alike twice', () => {
    const again = wrapContractKey({ privateKey: scalar, oemPublicKey: car.publicKey });
    expect(again.encryptedPrivateKey).not.toEqual(wrapped.encryptedPrivateKey);
    expect(again.dhPublicKey).not.toEqual(wrapped.dhPublicKey);
    expect(unwrapContractKey({ ...again, oemPrivateKey: car.privateKey })).toEqual(scalar);
  });

  it('refuses keys of another curve and numbers that are no private key', () => {
    const keyType = expect.objectContaining({ code: 'KEY_TYPE' }) as Error;
    const badScalar = expect.objectContaining({ code: 'SCALAR' }) as Error;
    const oemPublicKey = car.publicKey;
    expect(() => wrapContractKey({ privateKey: p521.privateKey, oemPublicKey })).toThrow(keyType);
    expect(() => wrapContractKey({ privateKey: contract.publicKey, oemPublicKey })).toThrow(keyType);
    expect(() => wrapContractKey({ privateKey: scalar, oemPublicKey: p521.publicKey })).toThrow(keyType);
    for (const privateKey of [
      new Uint8Array(32),
      new Uint8Array(ORDER),
      scalar.subarray(1),
      new Uint8Array(0),
    ]) {
      expect(() => wrapContractKey({ privateKey, oemPublicKey })).toThrow(badScalar);
    }
  });
});

describe('unwrapContractKey', () => {
  const oemPrivateKey = car.privateKey;

  it('gives another car nothing that fits the certificate', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    let fits = false;
    try {
      fits = contractKeyFits(
        unwrapContractKey({ ...wrapped, oemPrivateKey: other.privateKey }),
        contract.publicKey,
      );
    } catch (error) {
      // Once in 2^32 times the number that comes out is beyond the order.
      expect(error).toMatchObject({ code: 'SCALAR' });
    }
    expect(fits).toBe(false);
  });

  it('refuses a DH public key that is not on the curve', () => {
    const offCurve = Uint8Array.from(wrapped.dhPublicKey);
    offCurve[64] = (offCurve[64] ?? 0) ^ 1;
    const compressed = Uint8Array.of(2, ...wrapped.dhPublicKey.subarray(1, 33));
    const bad = [
      offCurve,
      compressed,
      new Uint8Array(65),
      Uint8Array.of(4, ...new Uint8Array(64)),
      new Uint8Array(0),
    ];
    for (const dhPublicKey of bad) {
      expect(isP256Point(dhPublicKey)).toBe(false);
      expect(() => unwrapContractKey({ ...wrapped, dhPublicKey, oemPrivateKey })).toThrow(
        expect.objectContaining({ code: 'POINT' }),
      );
    }
    expect(isP256Point(wrapped.dhPublicKey)).toBe(true);
  });

  it('refuses another length and keys that cannot be the car’s', () => {
    const short = { ...wrapped, encryptedPrivateKey: wrapped.encryptedPrivateKey.subarray(1) };
    expect(() => unwrapContractKey({ ...short, oemPrivateKey })).toThrow(
      expect.objectContaining({ code: 'LENGTH' }),
    );
    for (const key of [car.publicKey, p521.privateKey]) {
      expect(() => unwrapContractKey({ ...wrapped, oemPrivateKey: key })).toThrow(
        expect.objectContaining({ code: 'KEY_TYPE' }),
      );
    }
  });
});

describe('contractKeyFits', () => {
  it('tells a key from another, and from what is none', () => {
    expect(contractKeyFits(scalar, contract.publicKey)).toBe(true);
    expect(contractKeyFits(scalar, car.publicKey)).toBe(false);
    expect(contractKeyFits(scalar, p521.publicKey)).toBe(false);
    expect(contractKeyFits(new Uint8Array(32), contract.publicKey)).toBe(false);
    expect(contractKeyFits(scalar, Uint8Array.of(1, 2, 3))).toBe(false);
  });
});

describe.skipIf(vectorsFolder === undefined)('a real capture with its key', () => {
  it('unwraps to the key of the contract certificate', () => {
    const capture = loadVectors('key-unwrap.json') as Record<string, string> & { oemPrivateKeyJwk: object };
    const read = (name: string): Uint8Array => fromBase64(capture[name] ?? '');
    const oemPrivateKey = createPrivateKey({ key: { ...capture.oemPrivateKeyJwk }, format: 'jwk' });
    const unwrapped = unwrapContractKey({
      encryptedPrivateKey: read('encryptedPrivateKey'),
      dhPublicKey: read('dhPublicKey'),
      oemPrivateKey,
    });
    expect(contractKeyFits(unwrapped, read('contractCertificate'))).toBe(true);
    expect(contractKeyFits(p256Scalar(oemPrivateKey), read('contractCertificate'))).toBe(false);
    expect(p256Point(oemPrivateKey)).toEqual(p256Point(createPublicKey(oemPrivateKey)));
  });
});
