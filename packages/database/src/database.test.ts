import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { ConfigurationError, ManualClock, silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded.ts';
import { migrate, pendingMigrations } from './migrate.ts';
import { createPool } from './pool.ts';
import { createDatabase, type Database } from './unit-of-work.ts';

const logger = silentLogger;
let base: string;
let postgres: EmbeddedPostgres;
let url: string;

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'chargegraph-database-'));
  postgres = await startEmbeddedPostgres({ folder: path.join(base, 'postgres'), logger });
  url = postgres.url;
});

afterAll(async () => {
  await postgres.stop();
  await rm(base, { recursive: true, force: true });
});

describe('a connection pool', () => {
  it('has the schema alone as its search path, beside options of the URL', async () => {
    const withOptions = new URL(url);
    withOptions.searchParams.set('options', '-c work_mem=5MB');
    withOptions.searchParams.set('schema', 'ignored');
    const pool = createPool({ url: withOptions.toString(), schema: 'rcp', logger });
    const { rows } = await pool.query<{ path: string; memory: string }>(
      "SELECT current_setting('search_path') AS path, current_setting('work_mem') AS memory",
    );
    expect(rows).toEqual([{ path: 'rcp', memory: '5MB' }]);
    await pool.end();
  });

  it.each(['', 'RCP', 'rcp; drop schema public', 'rcp,public', 'a1'])(
    'refuses the schema name "%s"',
    (schema) => {
      expect(() => createPool({ url, schema, logger })).toThrow(ConfigurationError);
    },
  );

  it('refuses what is no URL without repeating it', () => {
    expect(() => createPool({ url: 'secret nonsense', schema: 'rcp', logger })).toThrow(/^(?!.*secret)/);
  });

  it('lives on when the server cuts its connections', async () => {
    const pool = createPool({ url, schema: 'public', logger });
    const inUse = await pool.connect();
    await pool.query('SELECT 1');
    await pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    await expect(inUse.query('SELECT 1')).rejects.toThrow();
    inUse.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});

describe('a unit of work', () => {
  let database: Database;

  beforeAll(async () => {
    database = createDatabase({ url, schema: 'public', logger });
    await database.execute('CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL)');
  });

  beforeEach(async () => {
    await database.execute('DELETE FROM account');
    await database.execute('INSERT INTO account VALUES (1, 0), (2, 0)');
  });

  afterAll(async () => {
    await database.close();
    await database.close();
  });

  const amounts = async (): Promise<number[]> =>
    (await database.query<{ amount: number }>('SELECT amount FROM account ORDER BY id')).map(
      (row) => row.amount,
    );

  it('keeps a read prepared on its connection, and gives the same rows as any other', async () => {
    const one = createDatabase({ url, schema: 'public', logger, max: 1 });
    const sql = 'SELECT id, amount FROM account WHERE id = $1';
    for (const id of [1, 2]) {
      expect(await one.queryPrepared(sql, [id])).toEqual([{ id, amount: 0 }]);
      expect(await one.query(sql, [id])).toEqual(await one.queryPrepared(sql, [id]));
    }
    expect(await one.query('SELECT statement FROM pg_prepared_statements')).toEqual([{ statement: sql }]);
    await one.close();
  });

  it('commits what it did, then runs its hooks', async () => {
    const told: string[] = [];
    const result = await database.transaction(async (tx) => {
      tx.afterCommit(() => {
        told.push('committed');
      });
      expect(await tx.execute('UPDATE account SET amount = $1', [5])).toBe(2);
      expect(told).toEqual([]);
      return 'done';
    });
    expect([result, told, await amounts()]).toEqual(['done', ['committed'], [5, 5]]);
  });

  it('rolls back when its work throws, and runs no hook', async () => {
    let told = false;
    const work = database.transaction(async (tx) => {
      tx.afterCommit(() => {
        told = true;
      });
      await tx.execute('UPDATE account SET amount = 7');
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect([told, await amounts()]).toEqual([false, [0, 0]]);
  });

  it('does not take a rolled back transaction for a committed one when its work hides the failure', async () => {
    let told = false;
    const work = database.transaction(async (tx) => {
      tx.afterCommit(() => {
        told = true;
      });
      await tx.execute('UPDATE account SET amount = 7');
      await tx.execute('INSERT INTO account VALUES (1, 0)').catch(() => 0);
    });
    await expect(work).rejects.toThrow('rolled back');
    expect([told, await amounts()]).toEqual([false, [0, 0]]);
  });

  it('refuses statements after its end', async () => {
    const leaked = await database.transaction((tx) => Promise.resolve(tx));
    await expect(leaked.execute('SELECT 1')).rejects.toThrow('after it had ended');
  });

  it('does not fail for a failing hook', async () => {
    const work = database.transaction((tx) => {
      tx.afterCommit(() => {
        throw new Error('hook');
      });
      tx.afterCommit(() => Promise.reject(new Error('hook')));
      return Promise.resolve(1);
    });
    await expect(work).resolves.toBe(1);
  });

  it('runs again after a serialization failure, with the hooks of the run that was committed', async () => {
    const hooks: number[] = [];
    let runs = 0;
    const add = (): Promise<void> =>
      database.transaction(
        async (tx) => {
          const run = ++runs;
          tx.afterCommit(() => {
            hooks.push(run);
          });
          const rows = await tx.query<{ amount: number }>('SELECT amount FROM account WHERE id = 1');
          if (run === 1) await database.execute('UPDATE account SET amount = 10 WHERE id = 1');
          await tx.execute('UPDATE account SET amount = $1 WHERE id = 1', [(rows[0]?.amount ?? 0) + 1]);
        },
        { isolation: 'serializable' },
      );
    await add();
    expect([runs, hooks, await amounts()]).toEqual([2, [2], [11, 0]]);
  });

  it('runs again after a deadlock', async () => {
    let met = 0;
    let bothHold: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => {
      bothHold = resolve;
    });
    const move = (from: number, to: number): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.execute('UPDATE account SET amount = amount - 1 WHERE id = $1', [from]);
        if (++met === 2) bothHold();
        await holding;
        await tx.execute('UPDATE account SET amount = amount + 1 WHERE id = $1', [to]);
      });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect([met, await amounts()]).toEqual([3, [0, 0]]);
  });

  it('gives up after three more tries', async () => {
    let runs = 0;
    const work = database.transaction(async (tx) => {
      runs++;
      await tx.execute("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$");
    });
    await expect(work).rejects.toThrow('conflict');
    expect(runs).toBe(4);
  });
});

describe('migrations', () => {
  let folder: string;
  let number = 0;
  let schema: string;
  let database: Database;

  const add = async (name: string, sql: string): Promise<void> => {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  };
  const run = (): Promise<string[]> => migrate({ url, schema, folder, logger });

  beforeEach(async () => {
    schema = `pool_${'abcdefghijkl'.charAt(number++)}`;
    folder = await mkdtemp(path.join(base, 'migrations-'));
    await add('20260101000000_first', 'CREATE TABLE one (id int);\nINSERT INTO one VALUES (1);');
    await writeFile(path.join(folder, 'migration_lock.toml'), 'provider = "postgresql"');
    database = createDatabase({ url, schema, logger });
  });

  afterEach(async () => {
    await database.close();
  });

  it('are applied in order, once, in the schema, with the rows that Prisma writes', async () => {
    await add('20260102000000_second', 'ALTER TABLE one ADD COLUMN word text;');
    expect(await pendingMigrations({ url, schema, folder })).toHaveLength(2);
    const clock = new ManualClock(new Date('2026-03-04T05:06:07Z'));
    const applied = await migrate({ url, schema, folder, logger, clock });
    expect(applied).toEqual(['20260101000000_first', '20260102000000_second']);
    expect(await pendingMigrations({ url, schema, folder })).toEqual([]);
    expect(await run()).toEqual([]);
    expect(await database.query('SELECT * FROM one')).toEqual([{ id: 1, word: null }]);
    const rows = await database.query<Record<string, unknown>>(
      'SELECT * FROM _prisma_migrations ORDER BY migration_name',
    );
    expect(rows[1]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      checksum: createHash('sha256').update('ALTER TABLE one ADD COLUMN word text;').digest('hex'),
      finished_at: clock.now(),
      migration_name: '20260102000000_second',
      logs: null,
      rolled_back_at: null,
      started_at: clock.now(),
      applied_steps_count: 1,
    });
  });

  it('that fail leave nothing behind and can be mended', async () => {
    await add('20260102000000_second', 'CREATE TABLE two (id int); SELECT nonsense;');
    await expect(run()).rejects.toThrow('The migration 20260102000000_second of the schema');
    expect(await database.query("SELECT to_regclass('two') AS two")).toEqual([{ two: null }]);
    expect(await pendingMigrations({ url, schema, folder })).toEqual(['20260102000000_second']);
    await add('20260102000000_second', 'CREATE TABLE two (id int);');
    expect(await run()).toEqual(['20260102000000_second']);
  });

  it('are refused when an applied one was changed, but for its line ends', async () => {
    await run();
    await add('20260101000000_first', 'CREATE TABLE one (id int);\r\nINSERT INTO one VALUES (1);');
    expect(await run()).toEqual([]);
    await add('20260101000000_first', 'CREATE TABLE one (id bigint);');
    await expect(run()).rejects.toThrow(ConfigurationError);
    await expect(pendingMigrations({ url, schema, folder })).rejects.toThrow(
      'was changed after it was applied',
    );
  });

  it('are refused when the database has one that the folder does not know', async () => {
    await add('20260102000000_second', 'SELECT 1;');
    await run();
    await rm(path.join(folder, '20260102000000_second'), { recursive: true });
    await expect(run()).rejects.toThrow(/has the migration 20260102000000_second, which .* does not know/);
  });

  it('are applied once when several processes migrate at the same time', async () => {
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flat()).toEqual(['20260101000000_first']);
    expect(await database.query('SELECT id FROM one')).toEqual([{ id: 1 }]);
  });

  it('need their folder and their files', async () => {
    await mkdir(path.join(folder, '20260103000000_empty'));
    await expect(run()).rejects.toThrow('20260103000000_empty/migration.sql cannot be read');
    folder = path.join(folder, 'nowhere');
    await expect(run()).rejects.toThrow(ConfigurationError);
  });
});
