import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The file with the SQL of what cleansing keeps, which each pool's migrations hold verbatim. */
export const cleansingTablesPath: string = fileURLToPath(new URL('./cleansing.sql', import.meta.url));

/** The SQL of what cleansing keeps. */
export async function readCleansingTables(): Promise<string> {
  return await readFile(cleansingTablesPath, 'utf8');
}
