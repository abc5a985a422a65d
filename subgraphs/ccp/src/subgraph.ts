import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { cleansingJobs, type Schedule } from '@chargegraph/cleansing';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import {
  consumerTopic,
  createConsumer,
  createPoolLog,
  createRetention,
  createSequencer,
  serialiseNotice,
  type EventBus,
} from '@chargegraph/events';
import {
  answersOnly,
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
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import type { ContractEvent } from './domain/contract-log.ts';
import { followProvisioning } from './domain/follow-provisioning.ts';
import { createCcpCleansing } from './jobs/cleansing.ts';
import { createContractDataJobs, type EndingSignersSettings } from './jobs/contract-data-jobs.ts';
import { createQueueFollower } from './jobs/queue-follower.ts';
import { createOtherPools } from './pools/other-pools.ts';
import { createProvisioningPool } from './pools/provisioning-pool.ts';
import { resolvers } from './resolvers/index.ts';
import { createContractList } from './store/contract-list.ts';
import { createContractStore } from './store/contracts.ts';
import { createDataCounts } from './store/expiry.ts';
import { createConsumerStore } from './store/event-consumers.ts';
import { consumerName, createFollowingStore } from './store/following.ts';
import { createRevocationRequests } from './store/revocation-requests.ts';

/** What CCP is given to run with. */
export interface CcpDeps {
  /** PostgreSQL; the pool's tables are in the schema `ccp`. */
  readonly databaseUrl: string;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is asked whether certificates are revoked, and what is made of an answer that does not come. */
  readonly revocation: RevocationMeans;
  /** The whole graph, asked for provisioning certificates, roots and what happens to them. */
  readonly graph: GraphClient;
  /** Whether charge point operators may look up contracts by their EMAIDs; not unless given. */
  readonly cpoContractLookup?: boolean;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether an EMAID with a wrong check digit is refused; not unless given. */
  readonly emaidCheckDigit?: 'lenient' | 'strict' | undefined;
  /** Milliseconds between looks at PCP's log, and at its own, when the bus is silent; 500 unless given. */
  readonly followInterval?: number;
  /** When operators are told of contracts whose signer ends. */
  readonly endingSigners?: EndingSignersSettings;
  /** Whether it follows RCP's log; it does unless given. When it does not, it asks RCP in each operation. */
  readonly followRoots?: boolean;
  /** For how many days its events are kept, 0 for ever; 30 unless given. */
  readonly retentionDays?: number | undefined;
  /** When it is cleansed; never unless given. */
  readonly cleansing?: Schedule | undefined;
}

/** The SQL that makes the schema `ccp`. */
export const ccpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'ccp', 'migrations');

/** The contract certificate pool over its database. */
export function createCcp(deps: CcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'ccp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'ccp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const revocation = createRevocation({ ...deps.revocation, database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'ccp' }) });
  const sequencer = createSequencer({ database, pool: 'ccp', bus: deps.bus, logger });
  const retention = createRetention({ database, days: deps.retentionDays ?? 30, logger });
  const onEvent = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createContractStore({ database, prisma, onEvent });
  const log = createPoolLog<ContractEvent>(database, 'ccp');
  const list = createContractList(database);
  const revocationRequests = createRevocationRequests(database);
  const counts = createDataCounts(database);
  const consumers = createConsumerStore(database, {
    onEvent,
    onNotice: (notice) => {
      // A notice that is lost is found out at the next renewal.
      deps.bus.publish(consumerTopic('ccp'), serialiseNotice(notice)).catch((error: unknown) => {
        logger.debug({ err: error }, 'a lost lease could not be told of');
      });
    },
  });
  const settings = { cpoContractLookup: deps.cpoContractLookup ?? false };
  const strictness = {
    profile: deps.profile ?? 'lenient',
    emaidCheckDigit: deps.emaidCheckDigit ?? 'lenient',
  };
  const following = {
    pcp: createProvisioningPool(deps.graph),
    store: createFollowingStore({ database, onEvent }),
    clock: deps.clock,
    logger,
  };
  const consumer = createConsumer({
    name: consumerName,
    database,
    follows: 'pcp',
    bus: deps.bus,
    logger,
    pollInterval: deps.followInterval,
    step: (goesOn) => followProvisioning(following, goesOn),
  });
  const queueFollower = createQueueFollower({
    database,
    bus: deps.bus,
    clock: deps.clock,
    logger,
    onEvent,
    pollInterval: deps.followInterval,
  });
  const trust = createTrust({ pool: 'ccp', database, graph: deps.graph, bus: deps.bus, logger });
  const shared = { database, clock: deps.clock, logger, onEvent };
  const jobs = [
    ...createContractDataJobs({ ...shared, trust, settings: deps.endingSigners }),
    ...cleansingJobs(deps.cleansing, createCcpCleansing, { ...shared, revocation }),
  ];

  return {
    name: 'ccp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('ccp'), resolvers, {
        refusals: audit.refusals,
        notWrites: answersOnly,
      }),
      logger,
      contextFor: (request) => ({
        ...request,
        store,
        log,
        list,
        revocationRequests,
        counts,
        consumers,
        settings,
        strictness,
        revocation: revocation.within(request),
        pools: createOtherPools(deps.graph, request, trust.within(request)),
        clock: deps.clock,
        auditLog: audit.log,
        // Made when something is logged, which most operations do not.
        get logger() {
          return logger.child({ traceId: request.traceId });
        },
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'ccp', folder: ccpMigrations });
      sequencer.start();
      retention.start();
      consumer.start();
      queueFollower.start();
      if (deps.followRoots ?? true) trust.start();
      audit.start();
      for (const job of jobs) job.start();
    },
    stop: async () => {
      await Promise.all(jobs.map((job) => job.stop()));
      await consumer.stop();
      await queueFollower.stop();
      await trust.stop();
      await retention.stop();
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
