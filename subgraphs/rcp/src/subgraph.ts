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
  type Subgraph,
} from '@chargegraph/graph';
import type { ProfileStrictness } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createRootPool } from './domain/root-certificates.ts';
import { resolvers } from './resolvers/index.ts';
import { createRootStore } from './store/root-certificates.ts';

/** What RCP is given to run with. */
export interface RcpDeps {
  /** PostgreSQL; the pool's tables are in the schema `rcp`. */
  readonly databaseUrl: string;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
}

/** The SQL that makes the schema `rcp`. */
export const rcpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'rcp', 'migrations');

/** The root certificate pool over its database. */
export function createRcp(deps: RcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'rcp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'rcp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'rcp' }) });
  const sequencer = createSequencer({ database, pool: 'rcp', bus: deps.bus, logger });
  const wake = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createRootStore({ database, prisma, onEvent: wake });
  const roots = createRootPool({ store, clock: deps.clock, profile: deps.profile });

  return {
    name: 'rcp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('rcp'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => ({
        ...request,
        roots,
        act: actOf(request),
        clock: deps.clock,
        auditLog: audit.log,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'rcp', folder: rcpMigrations });
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
