import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@chargegraph/database';
import { testFolderVariable, testServerVariable } from '@chargegraph/database/testing';
import { silentLogger } from '@chargegraph/service';
import pg from 'pg';

/** One embedded PostgreSQL for the whole run; every test file makes a database of its own on it. */
export default async function setUp(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'chargegraph-tests-'));
  const postgres = await startEmbeddedPostgres({ folder, logger: silentLogger });
  await forgetful(postgres.url);
  process.env[testServerVariable] = postgres.url;
  process.env[testFolderVariable] = folder;
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Lets commits not wait for the disk: nothing on this server is read again after it has ended. */
async function forgetful(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('ALTER SYSTEM SET synchronous_commit = off');
    await client.query('ALTER SYSTEM SET full_page_writes = off');
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
}
