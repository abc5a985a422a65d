import type { Database, SqlRunner } from '../unit-of-work.ts';

/** A database whose reads are told how they were carried out. */
export interface ExplainedDatabase {
  readonly database: Database;
  /** The plans of all reads so far, as EXPLAIN writes them. */
  readonly plans: readonly string[];
}

/** Has PostgreSQL explain each read through this database, within transactions too, before it is done. */
export function explainReads(database: Database): ExplainedDatabase {
  const plans: string[] = [];
  const explained =
    (on: SqlRunner): SqlRunner['query'] =>
    async <Row>(sql: string, params?: readonly unknown[]) => {
      const lines = await on.query<Record<string, string>>(`EXPLAIN ${sql}`, params);
      plans.push(lines.map((line) => line['QUERY PLAN']).join('\n'));
      return await on.query<Row>(sql, params);
    };
  return {
    plans,
    database: {
      ...database,
      query: explained(database),
      queryPrepared: explained(database),
      transaction: (work, options) =>
        database.transaction((tx) => work({ ...tx, query: explained(tx) }), options),
    },
  };
}
