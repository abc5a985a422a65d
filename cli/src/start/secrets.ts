import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '@chargegraph/service';

const octets = (minimum: number) =>
  z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').length >= minimum, `must be at least ${minimum} octets`);

const schema = z.object({
  /** Encrypts the token signing keys; base64, 32 octets. */
  masterKey: octets(32),
  /** Signs the tokens between our own processes; base64, 32 octets. */
  internalSecret: octets(32),
  /** Encrypts the key store. */
  keyPassphrase: z.string().min(20),
});

/** The secrets of an installation that runs in one process. */
export type Secrets = z.infer<typeof schema>;

/**
 * Reads `<folder>/secrets.json`, made (mode 0600) at the first start.
 *
 * @throws ConfigurationError when the file is there but not readable as such: the stored keys depend on it
 */
export async function readOrMakeSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    const secrets: Secrets = {
      masterKey: randomBytes(32).toString('base64'),
      internalSecret: randomBytes(32).toString('base64'),
      keyPassphrase: randomBytes(32).toString('base64url'),
    };
    await writeFileWhole(file, JSON.stringify(secrets, null, 2));
    return secrets;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ConfigurationError(
      `${file} is not as it was written; restore it, since the keys in this folder are encrypted under it.`,
    );
  }
}

/** Writes a file that only its owner may read, whole or not at all. */
export async function writeFileWhole(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, file);
}
