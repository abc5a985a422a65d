import { createWriteTrail } from '@chargegraph/audit/testing';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase, emptyTables } from '@chargegraph/database/testing';
import { createClients, identityMigrations, normaliseRoles, type Role } from '@chargegraph/identity';
import { ManualClock, silentLogger, type Logger } from '@chargegraph/service';
import { createIdentity } from './subgraph.ts';

/** When every test begins. */
export const now = new Date('2026-11-01T12:00:00.000Z');

/** A logger that keeps everything it is told. */
function keepingLogger() {
  const said: unknown[] = [];
  const say = (...what: unknown[]) => void said.push(...what);
  const logger = {
    trace: say,
    debug: say,
    info: say,
    warn: say,
    error: say,
    fatal: say,
    child: () => logger,
  };
  return { logger: logger as unknown as Logger, said };
}

/** The subgraph of clients on a PostgreSQL of its own, with what a test needs to look behind it. */
export async function startIdentity() {
  const postgres = await createTestDatabase();
  const target = { url: postgres.url, schema: 'identity', logger: silentLogger };
  await migrate({ ...target, folder: identityMigrations });
  const database = createDatabase(target);
  const trail = createWriteTrail(database);
  const clock = new ManualClock(now);
  const { logger, said } = keepingLogger();
  const identity = createIdentity({ databaseUrl: postgres.url, clock, logger });
  await identity.start();

  return {
    identity,
    clock,
    database,
    /** The clients as the gateway reads them. */
    clients: createClients({ database, clock }),
    /** What was logged so far. */
    logged: () => said.map((each) => (each instanceof Error ? String(each.stack) : JSON.stringify(each))),
    /** Runs an operation as a caller with one role. */
    execute: (role: string, query: string, variables: Record<string, unknown> = {}) =>
      identity.execute({
        query,
        variables,
        context: {
          caller: {
            clientId: `the-${role}`,
            organisation: 'Operators Ltd',
            roles: role === 'SERVICE' ? new Set<Role>(['SERVICE']) : normaliseRoles([role]),
            wmis: new Set(),
            providerIds: new Set(),
          },
          traceId: 'trace-7',
          deadline: Date.now() + 10_000,
          hops: 0,
        },
      }),
    /** The writes that were recorded since the last `clear`, in order. */
    recorded: trail.writes,
    clear: async () => {
      await emptyTables(database, 'client', 'organisation', 'organisation_identifier', 'client_identifier');
      await trail.restart();
    },
    stop: async () => {
      await identity.stop();
      await database.close();
      await postgres.drop();
    },
  };
}

/** See {@link startIdentity}. */
export type TestIdentity = Awaited<ReturnType<typeof startIdentity>>;
