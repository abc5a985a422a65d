import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError, ConfigurationError } from '@chargegraph/service';

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`--${option}: the file ${file} cannot be read.`, { cause });
  }
}

/**
 * Reads the certificates of PEM files, in their order.
 *
 * @throws ConfigurationError naming option and file
 */
export async function readCertificates(option: string, files: readonly string[]): Promise<Certificate[]> {
  const certificates: Certificate[] = [];
  for (const file of files) {
    const blocks = (await read(option, file)).match(pemCertificate);
    if (blocks === null) throw new ConfigurationError(`--${option}: ${file} has no certificate in PEM.`);
    for (const block of blocks) {
      try {
        certificates.push(parseCertificate(block));
      } catch (cause) {
        if (!(cause instanceof ChargeGraphError)) throw cause;
        throw new ConfigurationError(`--${option}: ${file}: ${cause.message}`, { cause });
      }
    }
  }
  return certificates;
}

/** The certificates as the graph takes them. */
export const toPems = (certificates: readonly Certificate[]): string[] => certificates.map(toPem);

/**
 * Reads a private key that belongs to a certificate.
 *
 * @throws ConfigurationError naming the file; never with anything of the key
 */
export async function readKeyOf(certificate: Certificate, file: string): Promise<KeyObject> {
  let key: KeyObject;
  const text = await read('key', file);
  try {
    key = createPrivateKey(text);
  } catch {
    // OpenSSL's reason helps nobody, and what it was given is a secret.
    throw new ConfigurationError(`--key: ${file} has no private key in PEM that is not encrypted.`);
  }
  if (createPublicKey(key).equals(certificate.publicKey)) return key;
  throw new ConfigurationError(`--key: the key in ${file} is not the certificate's.`);
}
