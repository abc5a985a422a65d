import type { Database } from './unit-of-work.ts';

/**
 * Runs `work` unless somebody else, in whatever process, is at work of the same name in this database. Work may ask
 * other pools meanwhile, so no transaction is open: the lock is its connection's, and gone when that is lost.
 *
 * @param work is given a question to ask before each step that nobody else may do at the same time; it throws once
 *   the connection, and with it the lock, is lost
 * @returns what `work` returns; undefined when somebody else is at it
 */
export async function asOnlyRunner<T>(
  database: Database,
  name: string,
  work: (stillAlone: () => Promise<boolean>) => Promise<T>,
): Promise<T | undefined> {
  const key = [`chargegraph ${name} ${database.schema}`];
  const client = await database.pool.connect();
  let broken = true;
  const ask = async (sql: string): Promise<boolean> => {
    const { rows } = await client.query<{ held: boolean }>(sql, key);
    return rows[0]?.held === true;
  };
  try {
    if (!(await ask('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held'))) {
      broken = false;
      return undefined;
    }
    try {
      return await work(() => ask('SELECT $1::text IS NOT NULL AS held'));
    } finally {
      await ask('SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS held');
      broken = false;
    }
  } finally {
    // A connection that could not give the lock back gives it back by ending.
    client.release(broken);
  }
}
