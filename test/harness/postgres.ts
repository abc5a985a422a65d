import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import pg from 'pg';
import { temporaryFolder } from './folders.ts';

/** An empty database for one test. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

const wanted = process.env['CHARGEGRAPH_TEST_DATABASE_URL'];
/** Where a PostgreSQL for development usually answers. */
const usual = 'postgresql://postgres@127.0.0.1:5432/postgres';

/**
 * Makes an empty database: on the server that CHARGEGRAPH_TEST_DATABASE_URL names, else on the one of this machine
 * if it lets us in, else on an embedded one.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = wanted ?? ((await letsUsIn(usual)) ? usual : undefined);
  if (server === undefined) return await embedded();
  const name = `chargegraph_test_${randomBytes(6).toString('hex')}`;
  await run(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function embedded(): Promise<TestDatabase> {
  const folder = await temporaryFolder();
  const postgres = await startEmbeddedPostgres({
    folder: join(folder.path, 'postgres'),
    logger: silentLogger,
  });
  return {
    url: postgres.url,
    drop: async () => {
      await postgres.stop();
      await folder.remove();
    },
  };
}

async function letsUsIn(url: string): Promise<boolean> {
  try {
    await run(url, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
