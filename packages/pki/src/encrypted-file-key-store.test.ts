import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncryptedFileKeyStore } from './encrypted-file-key-store.ts';

const passphrase = 'correct horse';
const data = Buffer.from('signed octets');
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'key-store-')), 'keys');
});

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true });
});

function open(phrase = passphrase): EncryptedFileKeyStore {
  return new EncryptedFileKeyStore({ folder, passphrase: phrase });
}

describe('EncryptedFileKeyStore', () => {
  it.each([
    ['P-256', 'sha256', 64],
    ['P-384', 'sha384', 96],
    ['P-521', 'sha512', 132],
  ])('signs with a %s key as r and s', async (namedCurve, hash, length) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    await open().importKey('cps-1', privateKey);
    const store = open();
    const signature = await store.sign('cps-1', data);
    expect(signature).toHaveLength(length);
    expect(verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    expect((await store.publicKey('cps-1')).equals(publicKey)).toBe(true);
  });

  it('signs with an Ed448 key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed448');
    const store = open();
    await store.importKey('cps-20', privateKey);
    expect(verify(null, data, publicKey, await store.sign('cps-20', data))).toBe(true);
  });

  it('keeps a key encrypted, in a file that only its owner may read', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await open().importKey('cps-1', privateKey);
    expect(await readdir(folder)).toEqual(['cps-1.pem']);
    expect(await readFile(join(folder, 'cps-1.pem'), 'utf8')).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----/,
    );
    expect((await stat(join(folder, 'cps-1.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('refuses a wrong passphrase and a damaged file without showing them', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await open().importKey('cps-1', privateKey);
    const wrong = open('battery staple').sign('cps-1', data);
    await expect(wrong).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    await expect(wrong).rejects.not.toThrow(/battery|BEGIN/);
    await writeFile(join(folder, 'cps-1.pem'), 'nonsense');
    await expect(open().sign('cps-1', data)).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
  });

  it('finds a key that was put there after a first try failed', async () => {
    const store = open();
    await expect(store.publicKey('cps-1')).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await store.importKey('cps-1', privateKey);
    expect((await store.publicKey('cps-1')).equals(createPublicKey(privateKey))).toBe(true);
  });

  it('never overwrites a key, and takes the same one again', async () => {
    const store = open();
    const [one, other] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    if (one === undefined || other === undefined) throw new Error('no keys');
    await store.importKey('cps-1', one);
    await store.importKey('cps-1', one);
    await expect(store.importKey('cps-1', other)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await open().publicKey('cps-1')).equals(createPublicKey(one))).toBe(true);
    expect(await readdir(folder)).toEqual(['cps-1.pem']);
  });

  it.each(['', '../cps', 'a/b', 'A', '-a', 'a.pem', 'a\0', 'x'.repeat(65), 'a\n'])(
    'refuses the reference %j',
    async (ref) => {
      await expect(open().sign(ref, data)).rejects.toMatchObject({ code: 'BAD_INPUT' });
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await expect(open().importKey(ref, privateKey)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    },
  );

  it('refuses keys that sign nothing in ISO 15118', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const key of [publicKey, generateKeyPairSync('x448').privateKey]) {
      await expect(open().importKey('k', key)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    expect(privateKey.type).toBe('private');
  });

  it('refuses an empty passphrase', () => {
    expect(() => open('')).toThrow('passphrase');
  });
});
