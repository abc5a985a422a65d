import type { Act } from '@chargegraph/audit';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { ManualClock, silentLogger } from '@chargegraph/service';
import type { Caller } from './caller.ts';
import { createClients } from './clients/clients.ts';
import { identityMigrations } from './migrations.ts';
import type { Role } from './roles.ts';

/** A caller with these rights and otherwise none. */
export function callerWith(
  roles: readonly Role[],
  rights: { wmis?: readonly string[]; providerIds?: readonly string[]; clientId?: string } = {},
): Caller {
  return {
    clientId: rights.clientId ?? 'test',
    organisation: 'Test',
    roles: new Set(roles),
    wmis: new Set(rights.wmis),
    providerIds: new Set(rights.providerIds),
  };
}

/** On whose behalf a test writes, unless it says otherwise. */
export const operatorsAct: Act = { clientId: 'operator', organisation: 'Operators', traceId: 'trace-1' };

/** The schema `identity` on a PostgreSQL of its own. */
export async function startIdentity() {
  const postgres = await createTestDatabase();
  await migrate({ url: postgres.url, schema: 'identity', folder: identityMigrations, logger: silentLogger });
  const database = createDatabase({ url: postgres.url, schema: 'identity', logger: silentLogger });
  const clock = new ManualClock(new Date('2026-03-01T12:00:00.000Z'));
  const clients = createClients({ database, clock });
  return {
    database,
    clock,
    /** As an operator manages them. */
    clients: { ...clients, ...clients.as(operatorsAct) },
    /** The same for somebody else. */
    clientsAs: clients.as,
    /** What was recorded so far, oldest first. */
    recorded: () =>
      database.query<Record<string, unknown>>(
        `SELECT client_id, organisation, trace_id, action, object, outcome, occurred_at FROM audit_open ORDER BY id`,
      ),
    /** Forgets all clients and keys. */
    clear: () =>
      database.execute(
        'TRUNCATE client, organisation, organisation_identifier, client_identifier, signing_key, audit_open CASCADE',
      ),
    /** How many rows the tables of clients hold in all. */
    async rows() {
      const [row] = await database.query<{ rows: number }>(
        `SELECT ((SELECT count(*) FROM client) + (SELECT count(*) FROM organisation)
                 + (SELECT count(*) FROM organisation_identifier)
                 + (SELECT count(*) FROM client_identifier))::int AS rows`,
      );
      return row?.rows;
    },
    async stop() {
      await database.close();
      await postgres.drop();
    },
  };
}

/** See {@link startIdentity}. */
export type TestIdentity = Awaited<ReturnType<typeof startIdentity>>;
