// A real PostgreSQL with the tables of cleansing and of statuses, and things that leave, for tests.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { createRevocationChecker } from '@chargegraph/pki';
import { certificateStatusTablePath, createRevocation } from '@chargegraph/revocation';
import { silentLogger, type Clock } from '@chargegraph/service';
import { cleansingTablesPath } from './cleansing-tables.ts';
import type { CleansingMeans } from './cleansing.ts';
import type { Leaving } from './remove-leaving.ts';

export async function startCleansingDatabase(): Promise<{ database: Database; stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-cleansing-'));
  for (const [index, file] of [certificateStatusTablePath, cleansingTablesPath].entries()) {
    const migration = path.join(folder, `2026010100000${String(index)}_tables`);
    await mkdir(migration);
    await copyFile(file, path.join(migration, 'migration.sql'));
  }
  const { url, drop } = await createTestDatabase();
  await migrate({ url, schema: 'pool', folder, logger: silentLogger });
  const database = createDatabase({ url, schema: 'pool', logger: silentLogger });
  const stop = async (): Promise<void> => {
    await database.close();
    await drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { database, stop };
}

/** With a pace that does not rest. */
export function meansOf(database: Database, clock: Clock): CleansingMeans {
  const shared = { database, clock, logger: silentLogger };
  const checker = createRevocationChecker(shared);
  return {
    ...shared,
    revocation: createRevocation({ ...shared, checker, policy: 'soft' }),
    pace: { batchSize: 2, rest: () => Promise.resolve() },
  };
}

/** Numbers that have all ended; those in `stuck` cannot be removed. */
export function leavingNumbers(numbers: number[], stuck: readonly number[] = []): Leaving<number> {
  return {
    ended: (_, after = -1, limit) => Promise.resolve(numbers.filter((each) => each > after).slice(0, limit)),
    remove: (keys) => {
      if (keys.some((key) => stuck.includes(key))) return Promise.reject(new Error('It is stuck.'));
      const gone = numbers.filter((each) => keys.includes(each));
      for (const each of gone) numbers.splice(numbers.indexOf(each), 1);
      return Promise.resolve({ expired: gone.length, revoked: 0 });
    },
  };
}
