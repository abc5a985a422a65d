import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  lastPrivateOctets,
  lastPublicOctets,
  namedCurve,
  privateNumber,
  uncompressedPoint,
} from './key-octets.ts';

/** A pair whose JWK can be had: see what `key-octets.ts` says of keys as they are generated. */
function keyPair(curve: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const { privateKey: made } =
    curve === 'x448' ? generateKeyPairSync('x448') : generateKeyPairSync('ec', { namedCurve: curve });
  const key = made.export({ format: 'der', type: 'pkcs8' });
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const octets = (text = '') => [...Buffer.from(text, 'base64url')];

describe('the octets of a key', () => {
  it.each(['prime256v1', 'secp384r1', 'secp521r1'])('on %s are those of its JWK', (curve) => {
    for (let round = 0; round < 20; round++) {
      const { privateKey, publicKey } = keyPair(curve);
      const { x, y, d } = privateKey.export({ format: 'jwk' });
      expect([namedCurve(privateKey), namedCurve(publicKey)]).toEqual([curve, curve]);
      expect([...uncompressedPoint(publicKey)]).toEqual([4, ...octets(x), ...octets(y)]);
      expect(uncompressedPoint(privateKey)).toEqual(uncompressedPoint(publicKey));
      expect([...privateNumber(privateKey)]).toEqual(octets(d));
    }
  });

  it('are those of an uncompressed point where the key has a compressed one', () => {
    const { publicKey } = keyPair('P-256');
    const point = uncompressedPoint(publicKey);
    const short = ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'compressed') as Buffer;
    const prefix = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');
    const key = createPublicKey({ key: Buffer.concat([prefix, short]), format: 'der', type: 'spki' });
    expect(namedCurve(key)).toBe('prime256v1');
    expect(uncompressedPoint(key)).toEqual(point);
  });

  it('of X448 are those of its JWK', () => {
    const { privateKey, publicKey } = keyPair('x448');
    const { x, d } = privateKey.export({ format: 'jwk' });
    expect([...lastPublicOctets(publicKey, 56)]).toEqual(octets(x));
    expect([...lastPrivateOctets(privateKey, 56)]).toEqual(octets(d));
  });

  it('have no curve where the key is on none of ours', () => {
    expect(namedCurve(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).toBeUndefined();
    expect(namedCurve(generateKeyPairSync('ed25519').privateKey)).toBeUndefined();
  });

  it('are read without standing still when garbage is collected meanwhile', () => {
    const args = [
      '--max-semi-space-size=1',
      '--import',
      'tsx',
      join(import.meta.dirname, 'key-octets.fixture.ts'),
    ];
    const said = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    expect(said).toBe('done');
  }, 70_000);
});
