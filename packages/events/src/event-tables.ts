import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The file with the SQL of a pool's event tables, which each pool's migrations hold verbatim. */
export const eventTablesPath: string = fileURLToPath(new URL('./event-tables.sql', import.meta.url));

/** The file with the SQL of the table of a log's readers, which each pool's migrations hold verbatim. */
export const logReadersPath: string = fileURLToPath(new URL('./log-readers.sql', import.meta.url));

/** The file with the SQL of the log's index by time, which each pool's migrations hold verbatim. */
export const logTimesPath: string = fileURLToPath(new URL('./log-times.sql', import.meta.url));

/** The SQL of a pool's event tables. */
export async function readEventTables(): Promise<string> {
  return await readFile(eventTablesPath, 'utf8');
}
