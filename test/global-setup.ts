import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@chargegraph/database';
import { testServerVariable } from '@chargegraph/database/testing';
import { silentLogger } from '@chargegraph/service';

/** One embedded PostgreSQL for the whole run; every test file makes a database of its own on it. */
export default async function setUp(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'chargegraph-tests-'));
  const postgres = await startEmbeddedPostgres({ folder, logger: silentLogger });
  process.env[testServerVariable] = postgres.url;
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
