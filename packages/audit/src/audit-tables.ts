import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The file with the SQL of a pool's audit tables, which each pool's migrations hold verbatim. */
export const auditTablesPath: string = fileURLToPath(new URL('./audit-tables.sql', import.meta.url));

/** The SQL of a pool's audit tables. */
export async function readAuditTables(): Promise<string> {
  return await readFile(auditTablesPath, 'utf8');
}
