import type { Database, SqlRunner, Transaction } from '@chargegraph/database';
import type { ExpiryQuestion } from './question.ts';

/** How many there are of a kind, have ended, and end soon. */
export interface EndCounts {
  readonly total: number;
  readonly ended: number;
  /** As they were asked for; what has ended is in none of them, what ends within a week is within a month too. */
  readonly within: readonly { /** Milliseconds. */ readonly duration: number; readonly count: number }[];
}

/** Rows that are counted, in SQL of ours. */
export interface Counted {
  readonly table: string;
  /** Only rows for which this is true; all unless given. */
  readonly where?: string;
}

/**
 * Counts by an instant at which each row ends. Each count is a stretch of the index on that column, which must be there;
 * only the total is as dear as there are rows.
 */
export async function countEnds(
  db: Pick<SqlRunner, 'query'>,
  { table, where = 'true', end }: Counted & { readonly end: string },
  { now, within }: ExpiryQuestion,
): Promise<EndCounts> {
  const [row] = await db.query<{ total: number; ended: number; within: number[] }>(
    `SELECT (SELECT count(*)::int FROM ${table} WHERE ${where}) AS total,
            (SELECT count(*)::int FROM ${table} WHERE ${where} AND ${end} <= $1) AS ended,
            ARRAY(SELECT (SELECT count(*)::int FROM ${table} WHERE ${where} AND ${end} > $1 AND ${end} <= asked.until)
                    FROM unnest($2::timestamptz[]) WITH ORDINALITY asked (until, place) ORDER BY asked.place) AS within`,
    [now, within.map(({ until }) => until)],
  );
  if (row === undefined) throw new Error('Counting gave nothing.');
  return {
    total: row.total,
    ended: row.ended,
    within: within.map(({ duration }, index) => ({ duration, count: row.within[index] ?? 0 })),
  };
}

/** Counts the rows whose certificate is known to be revoked, by the index on `fingerprint`. */
export async function countRevoked(
  db: Pick<SqlRunner, 'query'>,
  { table, where = 'true', fingerprint }: Counted & { readonly fingerprint: string },
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM certificate_status known JOIN ${table} ON ${table}.${fingerprint} = known.fingerprint
      WHERE known.status = 'REVOKED' AND ${where}`,
  );
  return row?.count ?? 0;
}

/** The different values of a text column, found along the index that begins with it, one look-up each. */
export async function differentValues(
  db: Pick<SqlRunner, 'query'>,
  { table, column }: { readonly table: string; readonly column: string },
): Promise<string[]> {
  const rows = await db.query<{ value: string }>(
    `WITH RECURSIVE values_of (value) AS (
       (SELECT ${column} FROM ${table} ORDER BY ${column} LIMIT 1)
       UNION ALL
       SELECT (SELECT ${column} FROM ${table} WHERE ${column} > v.value ORDER BY ${column} LIMIT 1)
         FROM values_of v WHERE v.value IS NOT NULL)
     SELECT value FROM values_of WHERE value IS NOT NULL`,
  );
  return rows.map(({ value }) => value);
}

/** Counts the rows whose column has one of these values, by its index. */
export async function countWith(
  db: Pick<SqlRunner, 'query'>,
  { table, column }: { readonly table: string; readonly column: string },
  values: readonly string[],
): Promise<number> {
  if (values.length === 0) return 0;
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE ${column} = ANY ($1)`,
    [values],
  );
  return row?.count ?? 0;
}

/**
 * Reads several counts as of one moment. Rows hold certificates and whole messages: so that they are not read for counting,
 * the planner is kept from everything but going along an index, which reads of a table only what has just changed.
 */
export async function asOfOneMoment<T>(
  database: Pick<Database, 'transaction'>,
  read: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return await database.transaction(
    async (tx) => {
      await tx.execute('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
      return await read(tx);
    },
    { isolation: 'repeatable read' },
  );
}
