import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '@chargegraph/service';

/** One migration as Prisma lays it: `<folder>/<timestamp>_<name>/migration.sql`. */
export interface Migration {
  /** The name of its folder. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in lower-case hex. */
  readonly checksum: string;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * Reads a folder's migrations in the order of their names, which is the order to apply them in.
 *
 * @throws {@link ConfigurationError} when the folder is missing or one of its folders has no `migration.sql`
 */
export async function readMigrations(folder: string): Promise<Migration[]> {
  let names: string[];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    throw new ConfigurationError(`The migrations' folder ${folder} cannot be read.`, { cause: error });
  }
  return await Promise.all(
    names.toSorted().map(async (name) => {
      const file = path.join(folder, name, 'migration.sql');
      try {
        const sql = await readFile(file, 'utf8');
        return { name, sql, checksum: sha256(sql) };
      } catch (error) {
        throw new ConfigurationError(`The migration ${file} cannot be read.`, { cause: error });
      }
    }),
  );
}

/** True when the text is the one recorded; line ends do not count, as in Prisma, since git may change them. */
export function matchesChecksum(migration: Migration, checksum: string): boolean {
  if (migration.checksum === checksum) return true;
  const unix = migration.sql.replaceAll('\r\n', '\n');
  return sha256(unix) === checksum || sha256(unix.replaceAll('\n', '\r\n')) === checksum;
}
