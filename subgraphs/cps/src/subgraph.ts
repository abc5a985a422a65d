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
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { KeyStore, ProfileStrictness } from '@chargegraph/pki';
import { createRevocation, type RevocationMeans } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import { createTrust } from '@chargegraph/trust';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { createContractCas } from './domain/contract-cas.ts';
import { createContractDataGeneration } from './domain/generate-contract-data.ts';
import { createContractDataSigning } from './domain/sign-contract-data.ts';
import { createRevocations } from './domain/revoke-certificate.ts';
import { createSigners } from './domain/signers.ts';
import { createCpsCleansing } from './jobs/cleansing.ts';
import { createRevocationJobs, type RevocationSettings } from './jobs/revocation.ts';
import type { OperatorEvent } from './domain/operator-log.ts';
import { createDigestJob, type DigestSettings } from './jobs/digest.ts';
import { createResigningJob } from './jobs/resigning.ts';
import { createDigestSources } from './pools/digest-sources.ts';
import { createOtherPools, ownPools } from './pools/other-pools.ts';
import { createRevocationSource } from './pools/revocation-source.ts';
import { resolvers } from './resolvers/index.ts';
import { createContractCaStore } from './store/contract-cas.ts';
import { createIssuedCertificateStore } from './store/issued-certificates.ts';
import { createDigestStore } from './store/digest.ts';
import { createChainedCounts } from './store/expiry.ts';
import { createResigningStore } from './store/resigning.ts';
import { createRevocationListStore } from './store/revocation-lists.ts';
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
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is asked whether certificates are revoked, and what is made of an answer that does not come. */
  readonly revocation: RevocationMeans;
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
  /** When contract certificates are revoked, and for how long revocation lists are valid. */
  readonly revoking?: RevocationSettings | undefined;
  /** When the operator is told the daily digest. */
  readonly digest?: DigestSettings | undefined;
  /** Whether it follows RCP's log; it does unless given. When it does not, it asks RCP in each operation. */
  readonly followRoots?: boolean;
  /** For how many days its events are kept, 0 for ever; 30 unless given. */
  readonly retentionDays?: number | undefined;
  /** When it is cleansed; never unless given. */
  readonly cleansing?: Schedule | undefined;
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
  const revocation = createRevocation({ ...deps.revocation, database, clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'cps' }) });
  const trust = createTrust({ pool: 'cps', database, graph, bus: deps.bus, logger });
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
    poolsFor: (providerId) => ownPools(graph, { trust, revocation }, providerId),
  });
  const signers = createSigners({ store, keyStore, clock, onRetirement: job.wake, profile });
  const caStore = createContractCaStore(database);
  const issued = createIssuedCertificateStore(database);
  const lists = createRevocationListStore(database);
  const revocationJobs = createRevocationJobs({
    database,
    issued,
    lists,
    source: createRevocationSource(graph),
    bus: deps.bus,
    keyStore,
    clock,
    logger,
    act: () => ownPools(graph, { trust, revocation }).act,
    settings: deps.revoking,
  });
  const contractCas = createContractCas({
    store: caStore,
    keyStore,
    clock,
    profile,
    onAdded: revocationJobs.lookAtLists,
  });
  const revocations = createRevocations({ issued, lists, clock, onRevoked: revocationJobs.lookAtLists });
  const counts = createChainedCounts(database, { signers: store, contractCas: caStore });
  const sequencer = createSequencer({ database, pool: 'cps', bus: deps.bus, logger });
  const retention = createRetention({ database, days: deps.retentionDays ?? 30, logger });
  const log = createPoolLog<OperatorEvent>(database, 'cps');
  const digest = createDigestJob({
    database,
    store: createDigestStore(database, sequencer.wake),
    sources: () => createDigestSources({ graph, trust, counts, signers: store, contractCas: caStore, clock }),
    clock,
    logger,
    settings: deps.digest,
  });
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

  const jobs = [
    job,
    ...cleansingJobs(deps.cleansing, createCpsCleansing, {
      database,
      clock,
      logger,
      revocation,
      onEvent: audit.wake,
    }),
  ];

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
        revocation: revocation.within(request),
        revocations,
        pools: createOtherPools(graph, { trust, revocation }, request),
        counts,
        log,
        act: actOf(request),
        clock,
        auditLog: audit.log,
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'cps', folder: cpsMigrations });
      await store.complete();
      await caStore.complete();
      audit.start();
      if (deps.followRoots ?? true) trust.start();
      for (const each of jobs) each.start();
      revocationJobs.start();
      sequencer.start();
      retention.start();
      digest.start();
    },
    stop: async () => {
      await digest.stop();
      await retention.stop();
      await revocationJobs.stop();
      await Promise.all(jobs.map((each) => each.stop()));
      await sequencer.stop();
      await trust.stop();
      await audit.stop();
      await prisma.$disconnect();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
