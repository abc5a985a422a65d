import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { cleansingJobs, type Schedule } from '@chargegraph/cleansing';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createPoolLog, createRetention, createSequencer, type EventBus } from '@chargegraph/events';
import {
  actOf,
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type Subgraph,
} from '@chargegraph/graph';
import type { IssuingCa, ProfileStrictness } from '@chargegraph/pki';
import { createRevocation, type RevocationMeans } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createRootPool } from './domain/root-certificates.ts';
import type { RootEvent } from './domain/root-log.ts';
import { createRcpCleansing } from './jobs/cleansing.ts';
import { resolvers } from './resolvers/index.ts';
import { createRootExpiry } from './store/root-expiry.ts';
import { createRootStore } from './store/root-certificates.ts';

/** What RCP is given to run with. */
export interface RcpDeps {
  /** PostgreSQL; the pool's tables are in the schema `rcp`. */
  readonly databaseUrl: string;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is asked whether certificates are revoked, and what is made of an answer that does not come. */
  readonly revocation: RevocationMeans;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** For how many days its events are kept, 0 for ever; 30 unless given. */
  readonly retentionDays?: number | undefined;
  /** Opens the signer of trust lists, at the first one that is asked for; none are signed without it. */
  readonly trustListSigner?: (() => Promise<IssuingCa>) | undefined;
  /** When it is cleansed; never unless given. */
  readonly cleansing?: Schedule | undefined;
}

/** The SQL that makes the schema `rcp`. */
export const rcpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'rcp', 'migrations');

/** The root certificate pool over its database. */
export function createRcp(deps: RcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'rcp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'rcp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const revocation = createRevocation({ ...deps.revocation, database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'rcp' }) });
  const sequencer = createSequencer({ database, pool: 'rcp', bus: deps.bus, logger });
  const retention = createRetention({ database, days: deps.retentionDays ?? 30, logger });
  const wake = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createRootStore({ database, prisma, onEvent: wake });
  const roots = createRootPool({ store, clock: deps.clock, profile: deps.profile });
  const log = createPoolLog<RootEvent>(database, 'rcp');
  const expiry = createRootExpiry(database);

  const jobs = cleansingJobs(deps.cleansing, createRcpCleansing, {
    database,
    clock: deps.clock,
    logger,
    revocation,
    onEvent: wake,
  });

  return {
    name: 'rcp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('rcp'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => ({
        ...request,
        roots,
        revocation: revocation.within(request),
        log,
        expiry,
        act: actOf(request),
        clock: deps.clock,
        auditLog: audit.log,
        trustListSigner: deps.trustListSigner,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'rcp', folder: rcpMigrations });
      sequencer.start();
      retention.start();
      audit.start();
      for (const job of jobs) job.start();
    },
    stop: async () => {
      await retention.stop();
      await Promise.all(jobs.map((job) => job.stop()));
      await sequencer.stop();
      await audit.stop();
      await prisma.$disconnect();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
