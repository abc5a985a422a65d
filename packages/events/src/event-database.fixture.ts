// A real PostgreSQL with the event tables, for tests.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { silentLogger } from '@chargegraph/service';
import { eventTablesPath, logReadersPath, logTimesPath } from './event-tables.ts';

export interface EventDatabases {
  /** A database of a schema of its own with empty event tables. */
  create(schema: string): Promise<Database>;
  /** The same schema again, over connections with an application name of their own. */
  reopen(schema: string, applicationName: string): Database;
  stop(): Promise<void>;
}

export async function startEventDatabases(): Promise<EventDatabases> {
  const base = await mkdtemp(path.join(tmpdir(), 'chargegraph-events-'));
  const migration = path.join(base, 'migrations', '20260101000000_event_tables');
  await mkdir(migration, { recursive: true });
  await copyFile(eventTablesPath, path.join(migration, 'migration.sql'));
  const readers = path.join(base, 'migrations', '20260102000000_log_readers');
  await mkdir(readers, { recursive: true });
  await copyFile(logReadersPath, path.join(readers, 'migration.sql'));
  const times = path.join(base, 'migrations', '20260103000000_log_times');
  await mkdir(times, { recursive: true });
  await copyFile(logTimesPath, path.join(times, 'migration.sql'));
  const postgres = await createTestDatabase();
  const opened: Database[] = [];
  const open = (url: string, schema: string): Database => {
    const database = createDatabase({ url, schema, logger: silentLogger, max: 12 });
    opened.push(database);
    return database;
  };
  return {
    create: async (schema) => {
      const folder = path.join(base, 'migrations');
      await migrate({ url: postgres.url, schema, folder, logger: silentLogger });
      return open(postgres.url, schema);
    },
    reopen: (schema, applicationName) => open(`${postgres.url}?application_name=${applicationName}`, schema),
    stop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await postgres.drop();
      await rm(base, { recursive: true, force: true });
    },
  };
}
