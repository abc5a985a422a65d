// A real PostgreSQL with the table of statuses, and paths of certificates, for tests.
import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { issueCertificate, type Certificate } from '@chargegraph/pki';
import { silentLogger } from '@chargegraph/service';
import { certificateStatusTablePath } from './certificate-status-table.ts';
import type { CertificateStatus } from './revocation-types.ts';
import { statusOf, type Told } from './testing/index.ts';

export { createToldChecker, statusOf, type Told, type ToldChecker } from './testing/index.ts';

export const start = new Date('2026-11-01T12:00:00.000Z');
export const minute = 60_000;
export const later = (minutes: number): Date => new Date(start.getTime() + minutes * minute);

export async function startStatusDatabase(): Promise<{ database: Database; stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-revocation-'));
  const migration = path.join(folder, '20260101000000_certificate_status');
  await mkdir(migration);
  await copyFile(certificateStatusTablePath, path.join(migration, 'migration.sql'));
  const { url, drop } = await createTestDatabase();
  await migrate({ url, schema: 'pool', folder, logger: silentLogger });
  const database = createDatabase({ url, schema: 'pool', logger: silentLogger });
  const stop = async (): Promise<void> => {
    await database.close();
    await drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { database, stop };
}

/** A path of so many certificates, leaf first, root last; with new keys each time. All but the root name responders. */
export async function makePath(
  length: number,
  ocspUrls: readonly string[] = ['http://responder.test/'],
): Promise<Certificate[]> {
  const made: Certificate[] = [];
  let issuer:
    { certificate: Certificate; key: ReturnType<typeof generateKeyPairSync>['privateKey'] } | undefined;
  for (let index = 0; index < length; index++) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = await issueCertificate({
      subject: { commonName: index === 0 ? 'root' : index === length - 1 ? 'leaf' : `sub ${index}` },
      publicKey,
      signingKey: issuer?.key ?? privateKey,
      ...(issuer && { issuer: issuer.certificate }),
      notBefore: later(-60),
      notAfter: later(365 * 24 * 60),
      ...(index < length - 1 && { ca: {} }),
      ...(index > 0 && { ocspUrls }),
    });
    issuer = { certificate, key: privateKey };
    made.unshift(certificate);
  }
  return made;
}

export function certificateStatus(fingerprint: string, told: Told, at: Date): CertificateStatus {
  return { fingerprint, ...statusOf(told, at) };
}
