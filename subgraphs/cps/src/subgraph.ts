import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import {
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { KeyStore } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createContractDataSigning } from './domain/sign-contract-data.ts';
import { createSigners } from './domain/signers.ts';
import { createOtherPools } from './pools/other-pools.ts';
import { resolvers } from './resolvers/index.ts';
import { createSignerStore } from './store/signers.ts';
import { createSigningResultStore } from './store/signing-results.ts';

/** What CPS is given to run with. */
export interface CpsDeps {
  /** PostgreSQL; the service's tables are in the schema `cps`. */
  readonly databaseUrl: string;
  /** Has the signers' private keys. */
  readonly keyStore: KeyStore;
  /** The way to the other pools. */
  readonly graph: GraphClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The SQL that makes the schema `cps`. */
export const cpsMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'cps', 'migrations');

/** The certificate provisioning service over its database. */
export function createCps(deps: CpsDeps): Subgraph {
  const { keyStore, clock, graph } = deps;
  const logger = deps.logger.child({ pool: 'cps' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'cps', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'cps' }) });
  const store = createSignerStore(database, prisma);
  const signers = createSigners({ store, keyStore, clock });
  const results = createSigningResultStore(database);
  const signing = createContractDataSigning({ signers: store, results, keyStore, clock });

  return {
    name: 'cps',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('cps'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => ({
        ...request,
        signers,
        signing,
        pools: createOtherPools(graph, request),
        clock,
        auditLog: audit.log,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'cps', folder: cpsMigrations });
      audit.start();
    },
    stop: async () => {
      await audit.stop();
      await prisma.$disconnect();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
