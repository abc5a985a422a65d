// A real PostgreSQL with the audit tables, for tests.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { silentLogger } from '@chargegraph/service';
import { auditTablesPath } from './audit-tables.ts';
import { recordWrite } from './record.ts';
import { sealBatch } from './seal-batch.ts';

export interface AuditDatabases {
  /** A schema of its own with empty audit tables. */
  create(schema: string): Promise<Database>;
  stop(): Promise<void>;
}

export async function startAuditDatabases(): Promise<AuditDatabases> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-audit-'));
  const migration = path.join(folder, '20260101000000_audit_tables');
  await mkdir(migration);
  await copyFile(auditTablesPath, path.join(migration, 'migration.sql'));
  const { url, drop } = await createTestDatabase();
  const opened: Database[] = [];
  return {
    create: async (schema) => {
      await migrate({ url, schema, folder, logger: silentLogger });
      const database = createDatabase({ url, schema, logger: silentLogger, max: 12 });
      opened.push(database);
      return database;
    },
    stop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const act = { clientId: 'some-client', organisation: 'Some Organisation', traceId: 'trace-1' };
export const occurredAt = new Date('2026-03-01T12:00:00.123Z');

/** Writes and seals records of these objects. */
export async function seal(database: Database, objects: readonly string[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const object of objects) await recordWrite(tx, { act, action: 'change', object, occurredAt });
  });
  for (;;) {
    const outcome = await database.transaction((tx) => sealBatch(tx, database.schema, 500));
    if (outcome.kind === 'sealed' && outcome.count === 0) return;
  }
}

/** The sealed objects in the order of their positions. */
export async function sealedObjects(database: Database): Promise<string[]> {
  const rows = await database.query<{ object: string }>('SELECT object FROM audit_record ORDER BY position');
  return rows.map(({ object }) => object);
}
