import { ConfigurationError } from '@chargegraph/service';
import { pendingMigrations, type MigrationTarget } from './migrate.ts';

/**
 * Lets a server start only on a schema that is up to date; servers never migrate.
 *
 * @throws {@link ConfigurationError} with a sentence that names the schema and the command that mends it
 */
export async function requireMigrated(target: MigrationTarget): Promise<void> {
  const pending = await pendingMigrations(target);
  if (pending.length > 0) {
    throw new ConfigurationError(
      `The database schema "${target.schema}" is behind by ${pending.length} migration(s), ${String(pending[0])} ` +
        'the first: run `chargegraph migrate` first.',
    );
  }
}
