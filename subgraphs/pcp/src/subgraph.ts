import { join } from 'node:path';
import { createAudit } from '@chargegraph/audit';
import { cleansingJobs, type Schedule } from '@chargegraph/cleansing';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createPoolLog, createRetention, createSequencer, type EventBus } from '@chargegraph/events';
import {
  actOf,
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { ProfileStrictness } from '@chargegraph/pki';
import { createRevocation, type RevocationMeans } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import { createTrust } from '@chargegraph/trust';
import type { Context } from './context.ts';
import type { ProvisioningEvent } from './domain/provisioning-log.ts';
import { createProvisioningPool } from './domain/provisioning-pool.ts';
import { createPcpCleansing } from './jobs/cleansing.ts';
import { resolvers } from './resolvers/index.ts';
import { createCertificateCounts } from './store/expiry.ts';
import { createProvisioningStore } from './store/provisioning-certificates.ts';

/** What PCP is given to run with. */
export interface PcpDeps {
  /** PostgreSQL; the pool's tables are in the schema `pcp`. */
  readonly databaseUrl: string;
  /** How it asks RCP for roots. */
  readonly graph: GraphClient;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is asked whether certificates are revoked, and what is made of an answer that does not come. */
  readonly revocation: RevocationMeans;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether it follows RCP's log; it does unless given. When it does not, it asks RCP in each operation. */
  readonly followRoots?: boolean;
  /** For how many days its events are kept, 0 for ever; 30 unless given. */
  readonly retentionDays?: number | undefined;
  /** When it is cleansed; never unless given. */
  readonly cleansing?: Schedule | undefined;
}

/** The SQL that makes the schema `pcp`. */
export const pcpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'pcp', 'migrations');

/** The provisioning certificate pool over its database. */
export function createPcp(deps: PcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'pcp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'pcp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const revocation = createRevocation({ ...deps.revocation, database, clock: deps.clock, logger });
  const sequencer = createSequencer({ database, pool: 'pcp', bus: deps.bus, logger });
  const retention = createRetention({ database, days: deps.retentionDays ?? 30, logger });
  const wake = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createProvisioningStore({ database, onEvent: wake });
  const pool = createProvisioningPool({ store, clock: deps.clock, profile: deps.profile });
  const trust = createTrust({ pool: 'pcp', database, graph: deps.graph, bus: deps.bus, logger });
  const log = createPoolLog<ProvisioningEvent>(database, 'pcp');
  const counts = createCertificateCounts(database);

  const jobs = cleansingJobs(deps.cleansing, createPcpCleansing, {
    database,
    clock: deps.clock,
    logger,
    revocation,
    onEvent: wake,
  });

  return {
    name: 'pcp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('pcp'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => ({
        ...request,
        pool,
        revocation: revocation.within(request),
        log,
        counts,
        act: actOf(request),
        trustedRoots: trust.within(request),
        clock: deps.clock,
        auditLog: audit.log,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'pcp', folder: pcpMigrations });
      sequencer.start();
      retention.start();
      audit.start();
      if (deps.followRoots ?? true) trust.start();
      for (const job of jobs) job.start();
    },
    stop: async () => {
      await Promise.all(jobs.map((job) => job.stop()));
      await trust.stop();
      await retention.stop();
      await sequencer.stop();
      await audit.stop();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
