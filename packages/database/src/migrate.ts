import { randomUUID } from 'node:crypto';
import { ConfigurationError, systemClock, type Clock, type Logger } from '@chargegraph/service';
import pg from 'pg';
import { matchesChecksum, readMigrations, type Migration } from './migration-folder.ts';
import { checkedSchemaName, connectionSettings } from './pool.ts';

/** Which migrations belong to which schema. */
export interface MigrationTarget {
  readonly url: string;
  readonly schema: string;
  /** The folder that holds `<timestamp>_<name>/migration.sql`. */
  readonly folder: string;
}

/** What {@link migrate} needs. */
export interface MigrateOptions extends MigrationTarget {
  readonly logger: Logger;
  /** The time written beside each migration; the machine's unless given. */
  readonly clock?: Clock;
}

/** The advisory lock that Prisma's own `migrate` takes, so that the two exclude each other. */
const prismaAdvisoryLock = 72_707_369;

// The table as Prisma creates it, so that `prisma migrate status` and `deploy` agree with what we did.
const createMigrationsTable = (schema: string): string => `
  CREATE TABLE IF NOT EXISTS ${schema}._prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

async function withClient<T>(target: MigrationTarget, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...connectionSettings(target.url, target.schema),
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {
    // The query in flight, or the next one, fails with it; without a listener it would end the process.
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The migrations of the folder that the database has not, after checking those it has. */
async function findPending(
  client: pg.Client,
  schema: string,
  migrations: readonly Migration[],
): Promise<Migration[]> {
  const table = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
    `${schema}._prisma_migrations`,
  ]);
  if ((table.rows[0]?.found ?? null) === null) return [...migrations];
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM ${schema}._prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.name);
    if (migration === undefined) {
      throw new ConfigurationError(
        `The database schema ${schema} has the migration ${row.name}, which this version of ChargeGraph does ` +
          'not know: run the version that applied it, or a newer one.',
      );
    }
    if (!row.finished) {
      throw new ConfigurationError(
        `The migration ${row.name} of the database schema ${schema} was begun by another tool and did not ` +
          'finish: repair it and mark it with `prisma migrate resolve`.',
      );
    }
    if (!matchesChecksum(migration, row.checksum)) {
      throw new ConfigurationError(
        `The migration ${row.name} was changed after it was applied to the database schema ${schema}: restore ` +
          'its text and put the change into a new migration.',
      );
    }
  }
  const applied = new Set(rows.map((row) => row.name));
  return migrations.filter((migration) => !applied.has(migration.name));
}

async function apply(client: pg.Client, migration: Migration, schema: string, clock: Clock): Promise<void> {
  const startedAt = clock.now();
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO ${schema}._prisma_migrations
         (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
       VALUES ($1, $2, $3, $4, NULL, NULL, $5, 1)`,
      [randomUUID(), migration.checksum, clock.now(), migration.name, startedAt],
    );
    const end = await client.query('COMMIT');
    if (end.command !== 'COMMIT') throw new Error('The transaction was rolled back.');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new Error(
      `The migration ${migration.name} of the schema ${schema} failed; nothing of it was kept.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Brings a schema up to date: creates it when it is missing and applies the folder's pending migrations, each
 * in a transaction of its own with the row that records it, so that a kill leaves none half done. Concurrent
 * runs wait for each other (at most a minute). Statements that PostgreSQL refuses inside a transaction cannot
 * be used in a migration.
 *
 * @returns the names of the migrations applied now, in order
 * @throws {@link ConfigurationError} when an applied migration's text was changed, when the database has one
 *   that the folder does not know, or when another tool left one unfinished
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const schema = checkedSchemaName(options.schema);
  const clock = options.clock ?? systemClock;
  const migrations = await readMigrations(options.folder);
  return await withClient(options, async (client) => {
    await client.query("SET lock_timeout = '60s'");
    await client.query('SELECT pg_advisory_lock($1)', [prismaAdvisoryLock]);
    await client.query('SET lock_timeout = 0');
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    const pending = await findPending(client, schema, migrations);
    await client.query(createMigrationsTable(schema));
    for (const migration of pending) {
      await apply(client, migration, schema, clock);
      options.logger.info({ schema, migration: migration.name }, 'applied a migration');
    }
    // The lock ends with the connection.
    return pending.map((migration) => migration.name);
  });
}

/**
 * The names of the folder's migrations that the schema has not, in order; changes nothing. All of them when the
 * schema does not exist.
 *
 * @throws {@link ConfigurationError} as {@link migrate} does
 */
export async function pendingMigrations(target: MigrationTarget): Promise<string[]> {
  const schema = checkedSchemaName(target.schema);
  const migrations = await readMigrations(target.folder);
  return await withClient(target, async (client) => {
    const pending = await findPending(client, schema, migrations);
    return pending.map((migration) => migration.name);
  });
}
