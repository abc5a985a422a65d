import { createDatabase, requireMigrated } from '@chargegraph/database';
import { renewLog } from '@chargegraph/events';
import { createLogger, parseConfig, type Logger } from '@chargegraph/service';
import { schemas } from '../migrations.ts';
import { databaseSettings } from './settings.ts';

/** Pools that have an event log. */
const withLog = new Set(['rcp', 'pcp', 'ccp']);

/**
 * Gives every pool's event log a new id; resolves with them by pool.
 *
 * @throws ConfigurationError when a schema is behind
 */
export async function renewLogs(url: string, logger: Logger): Promise<ReadonlyMap<string, string>> {
  const logs = schemas.filter(({ schema }) => withLog.has(schema));
  for (const { schema, folder } of logs) await requireMigrated({ url, schema, folder });
  const renewed = new Map<string, string>();
  for (const { schema } of logs) {
    const database = createDatabase({ url, schema, logger, max: 1 });
    try {
      renewed.set(schema, await renewLog(database));
    } finally {
      await database.close();
    }
  }
  return renewed;
}

/** `chargegraph restored`: says that the database was put back to an earlier state. */
export async function runRestored(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = parseConfig(databaseSettings, environment);
  const logger = createLogger({ name: 'restored', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const renewed = await renewLogs(settings.CHARGEGRAPH_DATABASE_URL, logger);
  const lines = [...renewed].map(([pool, id]) => `${pool}: its event log is ${id} from now on\n`);
  process.stdout.write(lines.join(''));
}
