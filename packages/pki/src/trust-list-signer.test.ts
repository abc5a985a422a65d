import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncryptedFileKeyStore } from './encrypted-file-key-store.ts';
import { signCms } from './sign-cms.ts';
import { openTrustListSigner, trustListCertificateFile } from './trust-list-signer.ts';

const run = promisify(execFile);
const now = new Date();

describe('the signer of trust lists', () => {
  let folder: string;
  let keyStore: EncryptedFileKeyStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trust-list-'));
    keyStore = new EncryptedFileKeyStore({ folder, passphrase: 'a passphrase of the tests' });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const open = () => openTrustListSigner({ folder, keyStore }, now);

  it('signs what OpenSSL verifies and gives back, and OpenSSL refuses it changed', async () => {
    const signer = await open();
    const content = Buffer.from('{"rootCertificates":[]}');
    const signed = Buffer.from(await signCms(signer, content, now));
    const verify = async (octets: Buffer) => {
      const file = join(folder, 'list.p7m');
      await writeFile(file, octets);
      const trusted = join(folder, trustListCertificateFile);
      const { stdout } = await run('openssl', [
        'cms',
        '-verify',
        '-binary',
        '-inform',
        'DER',
        '-in',
        file,
        '-CAfile',
        trusted,
      ]);
      return stdout;
    };
    expect(await verify(signed)).toBe(content.toString());
    const changed = Buffer.from(signed);
    changed[changed.indexOf('root')] = 0x52;
    await expect(verify(changed)).rejects.toThrow(/verif/i);
  });

  it('is one, however often and by however many at once it is opened', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    const fingerprints = [...opened, await open()].map(({ certificate }) => certificate.fingerprint);
    expect(new Set(fingerprints).size).toBe(1);
    for (const { sign } of opened) expect((await sign(Buffer.from('x'))).length).toBe(64);
  });

  it('has a certificate that signs and certifies nothing, for ten years', async () => {
    const { certificate } = await open();
    expect(certificate.isCa).toBe(false);
    expect([...(certificate.keyUsage ?? [])]).toEqual(['digitalSignature']);
    expect(certificate.notAfter.getUTCFullYear()).toBe(now.getUTCFullYear() + 10);
  });
});
