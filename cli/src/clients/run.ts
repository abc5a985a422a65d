import { createDatabase, requireMigrated } from '@chargegraph/database';
import {
  clientSortKey,
  createClients,
  identityMigrations,
  normaliseRoles,
  type ClientFilter,
  type ClientOrder,
  type ClientReads,
  type ClientRecord,
  type ClientWrites,
  type IssuedCredentials,
} from '@chargegraph/identity';
import {
  ChargeGraphError,
  ConfigurationError,
  createLogger,
  parseConfig,
  systemClock,
} from '@chargegraph/service';
import { databaseSettings } from '../distributed/settings.ts';
import { actOfCommand } from './act.ts';
import { readClientArguments, type ClientArguments } from './arguments.ts';
import { clientTable } from './table.ts';

/**
 * `chargegraph client add|list|rotate-secret|disable|enable`: what the operator does to clients, on the database itself.
 * A secret is printed when it is made and never again.
 *
 * @param given what stands behind `client`
 * @param write where its output goes
 */
export async function runClient(
  given: readonly string[],
  environment: NodeJS.ProcessEnv,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<void> {
  const args = readClientArguments(given);
  const unknown = args.roles?.find((role) => normaliseRoles([role]).size === 0);
  if (unknown !== undefined) throw new ConfigurationError(`--role is wrong: there is no role "${unknown}".`);
  const settings = parseConfig(databaseSettings, environment);
  const logger = createLogger({ name: 'client', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const target = { url: settings.CHARGEGRAPH_DATABASE_URL, schema: 'identity', logger };
  const database = createDatabase({ ...target, max: 1, statementTimeout: 10_000 });
  try {
    await requireMigrated({ ...target, folder: identityMigrations });
    const clients = createClients({ database, clock: systemClock });
    await run(args, { ...clients, ...clients.as(actOfCommand('client')) }, write);
  } catch (error) {
    throw asSentence(error);
  } finally {
    await database.close();
  }
}

async function run(
  args: ClientArguments,
  clients: ClientReads & ClientWrites,
  write: (text: string) => void,
): Promise<void> {
  const { action, id = '' } = args;
  switch (action) {
    case 'add': {
      const { name = '', organisation = '', roles = [], wmis, providerIds } = args;
      const added = { clientId: args.id, name, organisation, roles, wmis, providerIds };
      write(credentialsLine(await clients.add(added)));
      return;
    }
    case 'list': {
      const found = await all(clients, toFilter(args));
      write(
        args.json
          ? found.map((client) => `${JSON.stringify(toJson(client))}\n`).join('')
          : clientTable(found),
      );
      return;
    }
    case 'rotate-secret':
      write(credentialsLine(await clients.rotateSecret(id)));
      return;
    case 'disable':
      await clients.disable(id);
      write(`${id} is disabled.\n`);
      return;
    case 'enable':
      await clients.enable(id);
      write(`${id} is enabled.\n`);
  }
}

const credentialsLine = ({ clientId, clientSecret }: IssuedCredentials): string =>
  `${JSON.stringify({ clientId, clientSecret })}\n`;

function toFilter({ organisation, roles, wmis, providerIds, enabled }: ClientArguments): ClientFilter {
  return { organisation, roles: roles && [...normaliseRoles(roles)], wmis, providerIds, enabled };
}

const oldestFirst: ClientOrder = { by: 'createdAt', descending: false };
const pageSize = 100;

async function all(clients: ClientReads, filter: ClientFilter): Promise<ClientRecord[]> {
  const found: ClientRecord[] = [];
  for (;;) {
    const last = found.at(-1);
    const from = last && clientSortKey(last, oldestFirst);
    const rows = await clients.page(filter, oldestFirst, { backward: false, limit: pageSize, from });
    found.push(...rows.slice(0, pageSize));
    if (rows.length <= pageSize) return found;
  }
}

const toJson = ({ disabledAt, ...client }: ClientRecord) => ({
  ...client,
  enabled: disabledAt === undefined,
  disabledAt: disabledAt ?? null,
});

/** What the user of a command can do something about is one sentence; that is so with whatever the database says. */
function asSentence(error: unknown): unknown {
  if (error instanceof ChargeGraphError) return new ConfigurationError(error.message);
  if (!(error instanceof Error) || error instanceof ConfigurationError) return error;
  const ofDatabase = 'severity' in error || 'errno' in error || 'errors' in error;
  return ofDatabase || /connect|timeout/i.test(error.message)
    ? new ConfigurationError(`The database does not do it: ${reasonOf(error)}.`)
    : error;
}

/** Addresses that were tried one after the other have an error each, and together none. */
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return (first instanceof Error ? first : error).message;
}
