import { createWriteTrail, type WriteSeen } from '@chargegraph/audit/testing';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase, emptyTables } from '@chargegraph/database/testing';
import { createInProcessBus, logTopic } from '@chargegraph/events';
import type { Subgraph, SubgraphResponse } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { createRevocationChecker } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { ccpMigrations, createCcp, type CcpDeps } from '../subgraph.ts';
import { OtherPoolsInMemory } from './other-pools.ts';

/** When the tests' stories begin. */
export const start = new Date('2026-11-10T12:00:00.000Z');

export const day = 86_400_000;

/** The instant so many days after {@link start}. */
export const inDays = (days: number): Date => new Date(start.getTime() + days * day);

/** A whole CCP on a PostgreSQL of its own, with the other pools in memory. */
export interface Harness {
  readonly ccp: Subgraph;
  readonly pools: OtherPoolsInMemory;
  readonly clock: ManualClock;
  readonly database: Database;
  /** Carries out an operation and returns the whole response. */
  run(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<SubgraphResponse>;
  /** What the pool's tables and its events hold, to see that nothing changed. */
  snapshot(): Promise<unknown>;
  /** Types and facts of all events, those not yet in the log included, in order. */
  events(): Promise<{ readonly type: string; readonly facts: Record<string, unknown> }[]>;
  /** The writes that were recorded since the last {@link reset}, in order. */
  writes(): Promise<WriteSeen[]>;
  /** Waits until the log holds so many events. */
  logged(count: number): Promise<void>;
  /** Has the pool look at PCP's log, and waits until it has carried out all of it. */
  followed(): Promise<void>;
  /** Another process of the same pool, whose jobs do what is due as it starts and every few milliseconds. */
  another(): Promise<Subgraph>;
  /** Empties pools and tables and sets the clock back to {@link start}. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startHarness(
  options: Partial<Pick<CcpDeps, 'cpoContractLookup' | 'profile' | 'emaidCheckDigit' | 'revocation'>> = {},
): Promise<Harness> {
  const postgres = await createTestDatabase();
  const target = { url: postgres.url, schema: 'ccp', folder: ccpMigrations };
  await migrate({ ...target, logger: silentLogger });
  const database = createDatabase({ ...target, logger: silentLogger });
  const clock = new ManualClock(start);
  const pools = new OtherPoolsInMemory();
  const trail = createWriteTrail(database);
  const bus = createInProcessBus();
  const deps = {
    databaseUrl: postgres.url,
    bus,
    graph: pools.client,
    clock,
    logger: silentLogger,
    revocation: {
      checker: createRevocationChecker({ clock, logger: silentLogger }),
      policy: 'soft' as const,
    },
    // What is asked of RCP is counted.
    followRoots: false,
  };
  const ccp = createCcp({
    ...deps,
    ...options,
    // The tests say when.
    followInterval: 3_600_000,
  });
  await ccp.start();

  const events = () =>
    database.query<{ type: string; facts: Record<string, unknown> }>(
      `SELECT type, facts FROM (SELECT event_id, type, facts, 0 AS place, position AS ordinal FROM log
         UNION ALL SELECT event_id, type, facts, 1, id FROM outbox) e ORDER BY place, ordinal`,
    );

  return {
    ccp,
    pools,
    clock,
    database,
    events,
    writes: trail.writes,
    run: (caller, query, variables) =>
      ccp.execute({
        query,
        variables,
        context: { caller, traceId: 'test-trace', deadline: Date.now() + 15_000, hops: 0 },
      }),
    snapshot: async () => ({
      contracts: await database.query('SELECT * FROM contract ORDER BY emaid_key'),
      defaults: await database.query('SELECT * FROM contract_default ORDER BY pcid'),
      data: await database.query(
        'SELECT * FROM signed_contract_data ORDER BY emaid_key, v2g_root_fingerprint',
      ),
      events: await events(),
    }),
    logged: async (count) => {
      for (let tries = 0; tries < 500; tries++) {
        const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM log');
        if ((row?.count ?? 0) >= count) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`The log does not hold ${String(count)} events.`);
    },
    followed: async () => {
      const before = pools.logReads;
      let restingAt = -1;
      for (let tries = 0; tries < 500; tries++) {
        // Again after a second: a pool that has just begun may not listen yet.
        if (tries % 50 === 0) await bus.publish(logTopic('pcp'), '');
        // The look that the message asked for, and that it has ended: what a test does next is not its to see.
        const [row] = await database.query<{ position: string; log_id: string; idle: boolean }>(
          `SELECT log_id, position,
                  pg_try_advisory_xact_lock(hashtextextended('chargegraph consumer pcp ccp', 0)) AS idle
             FROM consumer_cursor WHERE name = 'pcp'`,
        );
        const { logId, head } = pools.log;
        const isThere = row?.log_id === logId && Number(row.position) === head;
        const isResting = isThere && row.idle && pools.logReads > before;
        // Twice: one message more than it had begun to look at makes it look once more.
        if (isResting && pools.logReads === restingAt) return;
        restingAt = isResting ? pools.logReads : -1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error("The pool did not follow PCP's log.");
    },
    another: async () => {
      const other = createCcp({ ...deps, followInterval: 3_600_000, endingSigners: { interval: 10 } });
      await other.start();
      return other;
    },
    reset: async () => {
      pools.clear();
      clock.set(start);
      await emptyTables(
        database,
        'contract',
        'contract_default',
        'signed_contract_data',
        'car_epoch',
        'contract_delivery',
        'own_signer',
        'comparison',
        'revocation_request',
        'event_consumer',
        'event_delivery',
        'outbox',
        'log',
      );
      await trail.restart();
    },
    stop: async () => {
      await ccp.stop();
      await bus.close();
      await database.close();
      await postgres.drop();
    },
  };
}
