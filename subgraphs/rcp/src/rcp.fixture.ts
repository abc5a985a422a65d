import { createWriteTrail } from '@chargegraph/audit/testing';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { createInProcessBus } from '@chargegraph/events';
import { normaliseRoles, type Caller } from '@chargegraph/identity';
import { createRevocationChecker } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { createRcp, rcpMigrations, type RcpDeps } from './subgraph.ts';

/** A caller with one role. */
export const callerWith = (role: string): Caller => ({
  clientId: `test-${role}`,
  organisation: 'test',
  roles: normaliseRoles([role]),
  wmis: new Set(),
  providerIds: new Set(),
});

/** RCP on a PostgreSQL of its own, with what a test needs to look behind it. */
export async function startRcp(
  now: Date,
  options: Partial<Pick<RcpDeps, 'profile' | 'revocation' | 'trustListSigner'>> = {},
) {
  const postgres = await createTestDatabase();
  await migrate({ url: postgres.url, schema: 'rcp', folder: rcpMigrations, logger: silentLogger });
  const database = createDatabase({ url: postgres.url, schema: 'rcp', logger: silentLogger });
  const clock = new ManualClock(now);
  const bus = createInProcessBus();
  const checker = createRevocationChecker({ clock, logger: silentLogger });
  const rcp = createRcp({
    databaseUrl: postgres.url,
    bus,
    clock,
    logger: silentLogger,
    revocation: { checker, policy: 'soft' },
    ...options,
  });
  await rcp.start();

  return {
    rcp,
    clock,
    database,
    /** Runs an operation; a timeout of the machine's clock, not the pool's. */
    execute: (role: string, query: string, variables: Record<string, unknown> = {}) =>
      rcp.execute({
        query,
        variables,
        context: { caller: callerWith(role), traceId: 'test', deadline: Date.now() + 10_000, hops: 0 },
      }),
    /** The events so far, wherever they are on their way to the log. */
    events: () =>
      database.query<{ type: string; facts: Record<string, unknown> }>(
        `SELECT type, facts FROM log UNION ALL
         SELECT type, facts FROM outbox WHERE NOT EXISTS (SELECT FROM log WHERE log.event_id = outbox.event_id)`,
      ),
    /** The writes that were recorded, refused ones left out, in order. */
    audited: createWriteTrail(database).writes,
    clear: () => database.execute('DELETE FROM root_certificate'),
    stop: async () => {
      await rcp.stop();
      await database.close();
      await postgres.drop();
      await bus.close();
    },
  };
}

/** See {@link startRcp}. */
export type TestRcp = Awaited<ReturnType<typeof startRcp>>;
