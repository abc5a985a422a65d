import { z } from 'zod';
import { createDatabase } from '@chargegraph/database';
import { createClients } from '@chargegraph/identity';
import {
  ChargeGraphError,
  ConfigurationError,
  createLogger,
  parseConfig,
  systemClock,
} from '@chargegraph/service';
import { databaseSettings } from '../distributed/settings.ts';

const list = z.preprocess(
  (value): unknown => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.coerce.string()),
);

const optionsSchema = z.object({
  id: z.coerce.string().optional(),
  name: z.coerce.string('is missing'),
  organisation: z.coerce.string('is missing'),
  role: list,
  wmi: list,
  providerId: list,
});

/** `chargegraph client add`: sets a client up and prints its credentials as JSON; the secret is shown this once. */
export async function runClient(
  action: string,
  rawOptions: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  if (action !== 'add') throw new ConfigurationError('client takes the action add.');
  for (const name of ['name', 'organisation']) {
    if (rawOptions[name] === undefined) throw new ConfigurationError(`--${name} is missing.`);
  }
  const options = optionsSchema.parse(rawOptions);
  const settings = parseConfig(databaseSettings, environment);
  const logger = createLogger({ name: 'client', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const database = createDatabase({
    url: settings.CHARGEGRAPH_DATABASE_URL,
    schema: 'identity',
    logger,
    max: 1,
  });
  try {
    const credentials = await createClients({ database, clock: systemClock }).add({
      clientId: options.id,
      name: options.name,
      organisation: options.organisation,
      roles: options.role,
      wmis: options.wmi,
      providerIds: options.providerId,
    });
    process.stdout.write(`${JSON.stringify(credentials)}\n`);
  } catch (error) {
    if (error instanceof ChargeGraphError) throw new ConfigurationError(error.message);
    throw error;
  } finally {
    await database.close();
  }
}
