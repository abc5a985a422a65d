import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import {
  actOf,
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { KeyStore, ProfileStrictness } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createContractCas } from './domain/contract-cas.ts';
import { createContractDataGeneration } from './domain/generate-contract-data.ts';
import { createContractDataSigning } from './domain/sign-contract-data.ts';
import { createSigners } from './domain/signers.ts';
import { createResigningJob } from './jobs/resigning.ts';
import { createOtherPools, ownPools } from './pools/other-pools.ts';
import { resolvers } from './resolvers/index.ts';
import { createContractCaStore } from './store/contract-cas.ts';
import { createResigningStore } from './store/resigning.ts';
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
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether an EMAID with a wrong check digit is refused; not unless given. */
  readonly emaidCheckDigit?: 'lenient' | 'strict' | undefined;
  /** When contracts are signed anew whose signer ends. */
  readonly resigning?: {
    /** How many days before the end of a signer's chain; 14 unless given. */
    readonly leadDays?: number | undefined;
    /** Milliseconds between looks at what is due; a minute unless given. */
    readonly pollInterval?: number | undefined;
  };
}

const day = 86_400_000;

/** The SQL that makes the schema `cps`. */
export const cpsMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'cps', 'migrations');

/** The certificate provisioning service over its database. */
export function createCps(deps: CpsDeps): Subgraph {
  const { keyStore, clock, graph, profile = 'lenient', emaidCheckDigit = 'lenient' } = deps;
  const logger = deps.logger.child({ pool: 'cps' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'cps', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'cps' }) });
  const store = createSignerStore(database, prisma);
  const results = createSigningResultStore(database);
  const resigning = createResigningStore(database);
  const job = createResigningJob({
    database,
    signers: store,
    store: resigning,
    keyStore,
    clock,
    logger,
    lead: (deps.resigning?.leadDays ?? 14) * day,
    pollInterval: deps.resigning?.pollInterval ?? 60_000,
    poolsFor: (providerId) => ownPools(graph, providerId),
  });
  const signers = createSigners({ store, keyStore, clock, onRetirement: job.wake, profile });
  const caStore = createContractCaStore(database);
  const contractCas = createContractCas({ store: caStore, keyStore, clock, profile });
  const signing = createContractDataSigning({
    signers: store,
    results,
    keyStore,
    clock,
    strictness: { profile, emaidCheckDigit },
  });
  const generation = createContractDataGeneration({
    signers: store,
    contractCas: caStore,
    results,
    keyStore,
    clock,
  });

  return {
    name: 'cps',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('cps'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => ({
        ...request,
        signers,
        contractCas,
        signing,
        generation,
        resigning,
        pools: createOtherPools(graph, request),
        act: actOf(request),
        clock,
        auditLog: audit.log,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'cps', folder: cpsMigrations });
      await store.complete();
      audit.start();
      job.start();
    },
    stop: async () => {
      await job.stop();
      await audit.stop();
      await prisma.$disconnect();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
