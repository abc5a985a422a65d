import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '@chargegraph/service';
import type { PostgresAccount } from './postgres-account.ts';
import { initialiseCluster, type PostgresPrograms } from './postgres-programs.ts';

/** The name of the cluster's superuser. */
export const superuser = 'chargegraph';

/** True when there is something under this name. */
export async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/** The superuser's password: made before the cluster is and kept in a file that only we can read. */
export async function keptPassword(folder: string): Promise<string> {
  const file = path.join(folder, 'password');
  if (await exists(file)) return (await readFile(file, 'utf8')).trim();
  if (await exists(path.join(folder, 'data'))) {
    throw new ConfigurationError(
      `The database's password file ${file} is missing: restore it from a backup.`,
    );
  }
  const password = randomBytes(24).toString('hex');
  const draft = path.join(folder, `password.${randomUUID()}`);
  await writeFile(draft, `${password}\n`, { mode: 0o600, flush: true });
  await rename(draft, file);
  return password;
}

/**
 * Makes the cluster unless it is there. It is built under another name and renamed when it is whole, so that a
 * kill in between leaves only rubbish, which the next start clears away.
 */
export async function ensureCluster(
  folder: string,
  password: string,
  programs: PostgresPrograms,
  account: PostgresAccount | undefined,
): Promise<string> {
  const cluster = path.join(folder, 'data');
  const rubbish = (await readdir(folder)).filter((entry) => /^(data|password)\../.test(entry));
  for (const entry of rubbish) {
    // An initdb that lost its parent may still be writing there; what stays is cleared at a later start.
    await rm(path.join(folder, entry), { recursive: true, force: true, maxRetries: 2 }).catch(
      () => undefined,
    );
  }
  if (await exists(cluster)) return cluster;
  const draft = path.join(folder, `data.${randomUUID()}`);
  const passwordFile = path.join(folder, `password.${randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (account !== undefined) {
      await chown(draft, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await initialiseCluster(programs, account, { folder: draft, user: superuser, passwordFile });
    await rename(draft, cluster);
    const parent = await open(folder);
    await parent.sync().finally(() => parent.close());
  } finally {
    await rm(passwordFile, { force: true });
  }
  return cluster;
}
