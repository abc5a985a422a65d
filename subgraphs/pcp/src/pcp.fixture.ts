import { createWriteTrail } from '@chargegraph/audit/testing';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { createInProcessBus } from '@chargegraph/events';
import {
  createGraphClient,
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type RequestContext,
} from '@chargegraph/graph';
import { normaliseRoles, serviceCaller, type Caller } from '@chargegraph/identity';
import { createRevocationChecker, toPem, type Certificate } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { createPcp, pcpMigrations, type PcpDeps } from './subgraph.ts';

/** A partner with one role. */
export const partner = (role: string, wmis: readonly string[] = []): Caller => ({
  clientId: `test-${role}`,
  organisation: 'test',
  roles: normaliseRoles([role]),
  wmis: new Set(wmis),
  providerIds: new Set(),
});

/** The process of another pool. */
export const service = serviceCaller('ccp');

/** The roots that RCP holds in a test, by type. */
export type Roots = Map<Certificate, 'V2G' | 'OEM' | 'MO' | 'PE'>;

/** RCP's schema, with its access rules, over a few roots in memory; two to a page. */
function rootPool(roots: Roots) {
  const pageSize = 2;
  return createSubgraphExecutor({
    schema: createSubgraphSchema(subgraphSdl('rcp'), {
      Query: {
        rootCertificates: (_: unknown, { after }: { after?: string | null }) => {
          const matching = [...roots];
          const start = Number(after ?? 0);
          const nodes = matching.slice(start, start + pageSize);
          return {
            nodes: nodes.map(([certificate, type]) => ({ type, certificate: { pem: toPem(certificate) } })),
            pageInfo: {
              hasNextPage: start + pageSize < matching.length,
              endCursor: String(start + nodes.length),
            },
          };
        },
      },
    }),
    logger: silentLogger,
    contextFor: (context) => context,
  });
}

/** PCP on a PostgreSQL of its own, with what a test needs to look behind it. */
export async function startPcp(now: Date, options: Partial<Pick<PcpDeps, 'profile' | 'revocation'>> = {}) {
  const postgres = await createTestDatabase();
  await migrate({ url: postgres.url, schema: 'pcp', folder: pcpMigrations, logger: silentLogger });
  const database = createDatabase({ url: postgres.url, schema: 'pcp', logger: silentLogger });
  const clock = new ManualClock(now);
  const bus = createInProcessBus();
  const roots: Roots = new Map();
  const rcp = rootPool(roots);
  /** With whose rights RCP was asked. */
  const asked: RequestContext[] = [];
  const outage = { on: false };
  const meanwhile: { work: (() => Promise<unknown>) | undefined } = { work: undefined };
  const graph = createGraphClient(async (request) => {
    asked.push(request.context);
    const { work } = meanwhile;
    meanwhile.work = undefined;
    await work?.();
    return outage.on ? { errors: [{ message: 'nobody there' }] } : await rcp(request);
  });
  const pcp = createPcp({
    databaseUrl: postgres.url,
    graph,
    bus,
    clock,
    logger: silentLogger,
    revocation: { checker: createRevocationChecker({ clock, logger: silentLogger }), policy: 'soft' },
    // What is asked of RCP is counted.
    followRoots: false,
    ...options,
  });
  await pcp.start();

  return {
    pcp,
    clock,
    database,
    roots,
    asked,
    /** Makes RCP fail while `on`. */
    outage,
    /** What happens, once, while RCP is asked. */
    meanwhile,
    execute: (caller: Caller, query: string, variables: Record<string, unknown> = {}) =>
      pcp.execute({
        query,
        variables,
        context: { caller, traceId: 'test', deadline: Date.now() + 10_000, hops: 0 },
      }),
    /** Everything that publishing may change: rows, and events wherever they are on their way to the log. */
    snapshot: async () => ({
      rows: await database.query<{ pcid: string; namespace: string; fingerprint: string; epoch: string }>(
        'SELECT * FROM provisioning_certificate ORDER BY pcid, namespace',
      ),
      events: await database.query<{ type: string; facts: Record<string, unknown> }>(
        `SELECT type, facts FROM (
           SELECT 0 AS stage, position AS place, type, facts FROM log UNION ALL
           SELECT 1, id, type, facts FROM outbox
            WHERE NOT EXISTS (SELECT FROM log WHERE log.event_id = outbox.event_id)) AS events
         ORDER BY stage, place`,
      ),
    }),
    /** The writes that were recorded, refused ones left out, in order. */
    audited: createWriteTrail(database).writes,
    clear: () => database.execute('DELETE FROM provisioning_certificate'),
    stop: async () => {
      await pcp.stop();
      await database.close();
      await postgres.drop();
      await bus.close();
    },
  };
}

/** See {@link startPcp}. */
export type TestPcp = Awaited<ReturnType<typeof startPcp>>;
