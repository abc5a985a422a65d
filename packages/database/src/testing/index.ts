import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** An empty database for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/** The environment variable in which the tests' global setup says where their PostgreSQL is. */
export const testServerVariable = 'CHARGEGRAPH_TEST_SERVER';

/** Makes an empty database on the server that all tests of a run share, or on another one. */
export async function createTestDatabase(server = process.env[testServerVariable]): Promise<TestDatabase> {
  if (server === undefined) throw new Error('The tests’ PostgreSQL is not there: run the tests with vitest.');
  const name = `chargegraph_test_${randomBytes(6).toString('hex')}`;
  await run(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A busy machine may take many seconds to let a connection in. */
const connectionTimeoutMillis = 30_000;

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
