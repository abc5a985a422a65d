import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createSequencer, type EventBus } from '@chargegraph/events';
import {
  actOf,
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { Certificate, ProfileStrictness } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createProvisioningPool } from './domain/provisioning-pool.ts';
import { askTrustedRoots } from './pools/trusted-roots.ts';
import { resolvers } from './resolvers/index.ts';
import { createProvisioningLog } from './store/provisioning-log.ts';
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
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
}

/** The SQL that makes the schema `pcp`. */
export const pcpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'pcp', 'migrations');

/** The provisioning certificate pool over its database. */
export function createPcp(deps: PcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'pcp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'pcp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'pcp' }) });
  const sequencer = createSequencer({ database, pool: 'pcp', bus: deps.bus, logger });
  const wake = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createProvisioningStore({ database, prisma, onEvent: wake });
  const pool = createProvisioningPool({ store, clock: deps.clock, profile: deps.profile });
  const log = createProvisioningLog(database);

  return {
    name: 'pcp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('pcp'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => {
        let roots: Promise<Certificate[]> | undefined;
        return {
          ...request,
          pool,
          log,
          act: actOf(request),
          trustedRoots: () => (roots ??= askTrustedRoots(deps.graph, request)),
          clock: deps.clock,
          auditLog: audit.log,
        };
      },
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'pcp', folder: pcpMigrations });
      sequencer.start();
      audit.start();
    },
    stop: async () => {
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
