import type { Database } from '../unit-of-work.ts';

/**
 * Empties tables, and those that refer to them, beside a pool that works in the background. It may have locked them in
 * another order: then PostgreSQL gives one of the two up, and this is done again, as any transaction is.
 */
export async function emptyTables(
  database: Pick<Database, 'transaction'>,
  ...tables: readonly string[]
): Promise<void> {
  await database.transaction((tx) => tx.execute(`TRUNCATE ${tables.join(', ')} CASCADE`));
}
