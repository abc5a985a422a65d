import type { Step } from './run.ts';

/** Counts what is stored in tables of the pool: that is what a run looks at. */
export const countStored =
  (...tables: readonly string[]): Step =>
  async ({ database, tally }) => {
    for (const table of tables) {
      const [row] = await database.query<{ count: string }>(`SELECT count(*) AS count FROM ${table}`);
      tally.checked += Number(row?.count ?? 0);
    }
  };
