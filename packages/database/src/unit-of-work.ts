import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@chargegraph/service';
import type pg from 'pg';
import { createPool, type PoolOptions } from './pool.ts';

/** Runs SQL with numbered parameters (`$1`, …). */
export interface SqlRunner {
  /** Runs a statement and returns how many rows it affected. */
  execute(sql: string, params?: readonly unknown[]): Promise<number>;
  /** Runs a statement and returns its rows, columns named as in the SQL; `bigint` columns come as strings. */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One open database transaction. It must not be used after the function it was given to has ended. */
export interface Transaction extends SqlRunner {
  /**
   * Runs `hook` once this transaction is committed, and not at all if it is not. Hooks start in the order of
   * registration; the transaction's caller does not wait for what they do, and their errors are logged only.
   */
  afterCommit(hook: () => void | Promise<void>): void;
}

/** How a transaction sees concurrent ones; PostgreSQL's names. */
export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** How a transaction runs. */
export interface TransactionOptions {
  /** `read committed` unless given. */
  readonly isolation?: Isolation;
}

/** A pool's database: reads on any connection, writes in transactions. */
export interface Database extends SqlRunner {
  /** The connections, for a Prisma client's reads. */
  readonly pool: pg.Pool;
  /** The schema that `search_path` is set to. */
  readonly schema: string;
  /**
   * As `query`, for a read that is made for every request: each connection keeps it prepared. Its text must be one of few,
   * without values in it, its columns named one by one, and the best plan the same whatever the parameters.
   */
  queryPrepared<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `work` in a transaction: committed when it returns, rolled back when it throws. After a serialization
   * failure or a deadlock the whole of `work` is run again, at most 3 times; so it must have no effects but
   * through its transaction and {@link Transaction.afterCommit}.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Closes all connections, waiting for those in use. Further calls do nothing. */
  close(): Promise<void>;
}

const retries = 3;

/** True when PostgreSQL ended a transaction for a conflict that running it again may well not meet. */
function isConflict(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && (at.code === '40001' || at.code === '40P01')) return true;
  }
  return false;
}

async function execute(
  on: pg.ClientBase | pg.Pool,
  sql: string,
  params: readonly unknown[],
): Promise<number> {
  const result = await on.query(sql, [...params]);
  return result.rowCount ?? 0;
}

async function query<Row>(
  on: pg.ClientBase | pg.Pool,
  sql: string,
  params: readonly unknown[],
): Promise<Row[]> {
  const result = await on.query(sql, [...params]);
  return result.rows as Row[];
}

/** Names of prepared statements, by their texts: PostgreSQL cuts names after 63 octets. */
const statementNames = new Map<string, string>();

function nameOf(sql: string): string {
  let name = statementNames.get(sql);
  if (name === undefined) statementNames.set(sql, (name = `p${hash('sha256', sql, 'hex').slice(0, 32)}`));
  return name;
}

/** Runs `work` once between BEGIN and COMMIT and returns its result with the hooks it left. */
async function attempt<T>(
  client: pg.PoolClient,
  work: (tx: Transaction) => Promise<T>,
  isolation: Isolation,
): Promise<{ result: T; hooks: (() => void | Promise<void>)[] }> {
  const hooks: (() => void | Promise<void>)[] = [];
  let open = true;
  const usable = (): pg.PoolClient => {
    if (!open) throw new Error('A transaction was used after it had ended.');
    return client;
  };
  const tx: Transaction = {
    execute: async (sql, params = []) => await execute(usable(), sql, params),
    query: async (sql, params = []) => await query(usable(), sql, params),
    afterCommit: (hook) => {
      usable();
      hooks.push(hook);
    },
  };
  await client.query(`BEGIN ISOLATION LEVEL ${isolation.toUpperCase()}`);
  try {
    const result = await work(tx);
    open = false;
    const end = await client.query('COMMIT');
    // PostgreSQL answers COMMIT with ROLLBACK, and no error, when a statement failed and the work hid it.
    if (end.command !== 'COMMIT') throw new Error('A failed transaction was committed; it was rolled back.');
    return { result, hooks };
  } finally {
    open = false;
  }
}

/** Opens a database; nothing is connected before the first use. */
export function createDatabase(options: PoolOptions): Database {
  const pool = createPool(options);
  let closing: Promise<void> | undefined;

  async function once<T>(
    work: (tx: Transaction) => Promise<T>,
    isolation: Isolation,
  ): Promise<{ result: T; hooks: (() => void | Promise<void>)[] }> {
    const client = await pool.connect();
    try {
      const outcome = await attempt(client, work, isolation);
      client.release();
      return outcome;
    } catch (error) {
      try {
        await client.query('ROLLBACK');
        client.release();
      } catch {
        // The connection is of no use any more; PostgreSQL rolls back what it held.
        client.release(true);
      }
      throw error;
    }
  }

  return {
    pool,
    schema: options.schema,
    execute: async (sql, params = []) => await execute(pool, sql, params),
    query: async (sql, params = []) => await query(pool, sql, params),
    queryPrepared: async <Row>(sql: string, params: readonly unknown[] = []) => {
      const result = await pool.query({ name: nameOf(sql), text: sql, values: [...params] });
      return result.rows as Row[];
    },
    transaction: async (work, { isolation = 'read committed' } = {}) => {
      for (let tried = 0; ; tried++) {
        try {
          const { result, hooks } = await once(work, isolation);
          for (const hook of hooks) runHook(hook, options.logger);
          return result;
        } catch (error) {
          if (tried >= retries || !isConflict(error)) throw error;
          await delay(Math.random() * 20 * 2 ** tried);
        }
      }
    },
    close: () => (closing ??= pool.end()),
  };
}

function runHook(hook: () => void | Promise<void>, logger: Logger): void {
  const failed = (error: unknown): void => {
    logger.error({ err: error }, 'what should follow a commit failed');
  };
  try {
    Promise.resolve(hook()).catch(failed);
  } catch (error) {
    failed(error);
  }
}
