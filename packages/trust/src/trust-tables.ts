import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The file with the SQL of the trusted roots' tables, which the migrations of each following pool hold verbatim. */
export const trustTablesPath: string = fileURLToPath(new URL('./trust-tables.sql', import.meta.url));

/** The SQL of the trusted roots' tables. */
export async function readTrustTables(): Promise<string> {
  return await readFile(trustTablesPath, 'utf8');
}
