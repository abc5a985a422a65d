import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateEcKeyPair } from './generate-key-pair.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { parseCertificate, toPem, type Certificate } from './certificate.ts';
import { issueCertificate } from './demo/issue-certificate.ts';
import type { EncryptedFileKeyStore } from './encrypted-file-key-store.ts';
import type { IssuingCa } from './issue-contract-certificate.ts';

/** Where the certificate lies, beside the keys. */
export const trustListCertificateFile = 'trust-list.crt';

const years = 10;

/**
 * The installation's signer of trust lists: a key in the key store, and a certificate for it that it issued itself. Both
 * are made where there is no certificate yet; several processes that begin at once agree on one.
 *
 * @param keys the folder of the key store and the store
 * @param now begins the validity of a new certificate
 */
export async function openTrustListSigner(
  { folder, keyStore }: { readonly folder: string; readonly keyStore: EncryptedFileKeyStore },
  now: Date,
): Promise<IssuingCa> {
  const path = join(folder, trustListCertificateFile);
  const pem = (await readIfThere(path)) ?? (await makeSigner(path, keyStore, now));
  const certificate = parseCertificate(pem);
  return { certificate, sign: (octets) => keyStore.sign(referenceOf(certificate), octets) };
}

/** Each certificate has a key of its own, so that whoever comes second leaves the first one's alone. */
const referenceOf = ({ fingerprint }: Certificate) => `trust-list-${fingerprint.slice(0, 16)}`;

/** The key goes first: a certificate without it would be in the way of a new one. */
async function makeSigner(path: string, keyStore: EncryptedFileKeyStore, now: Date): Promise<string> {
  const { publicKey, privateKey } = generateEcKeyPair('P-256');
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + years);
  const certificate = await issueCertificate({
    subject: { commonName: 'Trust list', organization: 'ChargeGraph' },
    publicKey,
    signingKey: privateKey,
    notBefore: now,
    notAfter,
    ca: false,
    keyUsage: ['digitalSignature'],
  });
  await keyStore.importKey(referenceOf(certificate), privateKey);
  try {
    await writeFileAtomically(path, toPem(certificate), { mode: 0o644, exclusive: true });
  } catch (error) {
    if (!isThere(error)) throw error;
  }
  return await readFile(path, 'utf8');
}

const hasCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code;
const isThere = (error: unknown) => hasCode(error, 'EEXIST');

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
