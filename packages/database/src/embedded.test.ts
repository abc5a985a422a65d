import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@chargegraph/service';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded.ts';
import { commandLine } from './process-identity.ts';
import { stopServer } from './orphan.ts';

const logger = silentLogger;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const fixture = fileURLToPath(new URL('./embedded-process.fixture.ts', import.meta.url));

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(folder: string): Promise<number> {
  return Number((await readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Runs the fixture as the leader of its own process group, as a terminal would, until it says it is ready. */
async function startProcess(
  folder: string,
): Promise<{ child: ChildProcess; nextLine: () => Promise<string> }> {
  const args = ['--conditions=chargegraph-source', '--import', 'tsx', fixture, folder];
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  expect(await nextLine()).toBe('ready');
  return { child, nextLine };
}

describe('an embedded PostgreSQL', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), 'chargegraph-embedded-')), 'postgres');
    // What a first start that was killed half way leaves behind.
    await mkdir(path.join(folder, 'data.0f8fad5b-d9cb-469f-a165-70867728950e', 'base'), { recursive: true });
    await writeFile(path.join(folder, 'password.7c9e6679-7425-40de-944b-e07fc1f90ae7'), 'half');
    postgres = await startEmbeddedPostgres({ folder, logger });
  });

  afterAll(async () => {
    await postgres.stop();
    await rm(path.dirname(folder), { recursive: true, force: true });
  });

  it('starts where a first start was interrupted, and clears away what that left', async () => {
    const [row] = await query<{ version: string }>(postgres.url, 'SELECT version() AS version');
    expect(row?.version).toMatch(/^PostgreSQL 18/);
    await expect(stat(path.join(folder, 'data.0f8fad5b-d9cb-469f-a165-70867728950e'))).rejects.toThrow(
      'ENOENT',
    );
  });

  it('listens on 127.0.0.1 alone, syncs to disk and asks for the password', async () => {
    const [row] = await query<Record<string, string>>(
      postgres.url,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('fsync') AS fsync,
              current_setting('unix_socket_directories') AS sockets, current_database() AS database`,
    );
    expect(row).toEqual({ addresses: '127.0.0.1', fsync: 'on', sockets: '', database: 'chargegraph' });
    const wrong = new URL(postgres.url);
    wrong.password = 'wrong';
    await expect(query(wrong.toString(), 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps its password in a file that only its owner can read', async () => {
    const file = path.join(folder, 'password');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).trim()).toBe(new URL(postgres.url).password);
  });

  it('refuses a second start on its folder with a sentence', async () => {
    await expect(startEmbeddedPostgres({ folder, logger })).rejects.toThrow(
      /is in use by another ChargeGraph process \(pid \d+\): stop that one first, or choose another folder/,
    );
  });

  it('keeps data and password over a stop and a start, also with a stale pid file', async () => {
    await query(postgres.url, 'CREATE TABLE before_stop AS SELECT 1 AS one');
    const pid = await postmasterPid(folder);
    const password = new URL(postgres.url).password;
    await postgres.stop();
    await postgres.ended;
    expect(await commandLine(pid)).toEqual([]);
    // As after a reboot: the pid now belongs to a process that is no server of this folder, our own.
    await writeFile(path.join(folder, 'data', 'postmaster.pid'), `${String(process.pid)}\n${folder}/data\n`);
    postgres = await startEmbeddedPostgres({ folder, logger });
    expect(new URL(postgres.url).password).toBe(password);
    expect(await query(postgres.url, 'SELECT one FROM before_stop')).toEqual([{ one: 1 }]);
  });

  it('says so when its password file is lost', async () => {
    await postgres.stop();
    const file = path.join(folder, 'password');
    const password = await readFile(file, 'utf8');
    await rm(file);
    await expect(startEmbeddedPostgres({ folder, logger })).rejects.toThrow('password file');
    await writeFile(file, password, { mode: 0o600 });
    postgres = await startEmbeddedPostgres({ folder, logger });
  });

  it('tells when it ends by itself', async () => {
    const pid = await postmasterPid(folder);
    await stopServer({ pid, started: '' }, logger);
    await expect(postgres.ended).resolves.toBeUndefined();
  });
});

describe('an embedded PostgreSQL whose process is killed', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-killed-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is not touched by Ctrl-C, survives kill -9, and the next start stops it first and has the data', async () => {
    const { child, nextLine } = await startProcess(folder);
    if (child.pid === undefined) throw new Error('The process did not start.');
    process.kill(-child.pid, 'SIGINT');
    expect(await nextLine()).toBe('still there');

    const orphan = await postmasterPid(folder);
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
    expect(await commandLine(orphan)).toContain(path.join(folder, 'data'));

    const postgres = await startEmbeddedPostgres({ folder, logger });
    try {
      expect(await commandLine(orphan)).toEqual([]);
      expect(await query(postgres.url, 'SELECT word FROM kept')).toEqual([{ word: 'committed' }]);
    } finally {
      await postgres.stop();
    }
  });
});
