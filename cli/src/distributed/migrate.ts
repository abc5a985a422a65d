import { createLogger, parseConfig } from '@chargegraph/service';
import { migrateAll } from '../migrations.ts';
import { databaseSettings } from './settings.ts';

/** `chargegraph migrate`: brings every schema of the database up to date. */
export async function runMigrate(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = parseConfig(databaseSettings, environment);
  const logger = createLogger({ name: 'migrate', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const applied = await migrateAll(settings.CHARGEGRAPH_DATABASE_URL, logger);
  process.stdout.write(applied.length === 0 ? 'Nothing to do.\n' : `${applied.join('\n')}\n`);
}
