import { randomBytes } from 'node:crypto';
import pg from 'pg';

export { emptyTables } from './empty-tables.ts';
export { explainReads, type ExplainedDatabase } from './explain.ts';

/** An empty database for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/** The environment variable in which the tests' global setup says where their PostgreSQL is. */
export const testServerVariable = 'CHARGEGRAPH_TEST_SERVER';

/** The one in which it says where they may keep files until the run ends. */
export const testFolderVariable = 'CHARGEGRAPH_TEST_FOLDER';

/** Makes an empty database on the server that all tests of a run share, or on another one. */
export async function createTestDatabase(server = process.env[testServerVariable]): Promise<TestDatabase> {
  return await create(server);
}

/**
 * Makes a copy of a database that nobody is connected to, on the server that all tests of a run share. The first caller
 * of the run fills what is copied.
 *
 * @param name tells what is copied from other such things; a word
 */
export async function copyTestDatabase(
  name: string,
  fill: (url: string) => Promise<void>,
): Promise<TestDatabase> {
  const server = process.env[testServerVariable];
  const template = `chargegraph_template_${name}`;
  await run(server, async (client) => {
    // Tests run in several processes; the lock ends with the connection.
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const draft = `${template}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    await fill(urlOf(server, draft));
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
  });
  return await create(server, ` TEMPLATE ${template}`);
}

async function create(server: string | undefined, from = ''): Promise<TestDatabase> {
  const name = `chargegraph_test_${randomBytes(6).toString('hex')}`;
  await run(server, (client) => client.query(`CREATE DATABASE ${name}${from}`));
  return {
    url: urlOf(server, name),
    drop: async () => {
      await run(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

function urlOf(server: string | undefined, database: string): string {
  const url = new URL(server ?? '');
  url.pathname = `/${database}`;
  return url.toString();
}

/** A busy machine may take many seconds to let a connection in. */
const connectionTimeoutMillis = 30_000;

async function run(server: string | undefined, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  if (server === undefined) throw new Error('The tests’ PostgreSQL is not there: run the tests with vitest.');
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
