import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createConsumer, createSequencer, type EventBus } from '@chargegraph/events';
import {
  createSubgraphExecutor,
  createSubgraphSchema,
  subgraphSdl,
  type GraphClient,
  type Subgraph,
} from '@chargegraph/graph';
import type { ProfileStrictness } from '@chargegraph/pki';
import type { Clock, Logger } from '@chargegraph/service';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Context } from './context.ts';
import { followProvisioning } from './domain/follow-provisioning.ts';
import { createOtherPools } from './pools/other-pools.ts';
import { createProvisioningPool } from './pools/provisioning-pool.ts';
import { resolvers } from './resolvers/index.ts';
import { createContractList } from './store/contract-list.ts';
import { createContractLog } from './store/contract-log.ts';
import { createContractStore } from './store/contracts.ts';
import { consumerName, createFollowingStore } from './store/following.ts';

/** What CCP is given to run with. */
export interface CcpDeps {
  /** PostgreSQL; the pool's tables are in the schema `ccp`. */
  readonly databaseUrl: string;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The whole graph, asked for roots and provisioning certificates. */
  readonly graph: GraphClient;
  /** Whether charge point operators may look up contracts by their EMAIDs; not unless given. */
  readonly cpoContractLookup?: boolean;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether an EMAID with a wrong check digit is refused; not unless given. */
  readonly emaidCheckDigit?: 'lenient' | 'strict' | undefined;
  /** Milliseconds between looks at PCP's log when the bus is silent; 500 unless given. */
  readonly followInterval?: number;
}

/** The SQL that makes the schema `ccp`. */
export const ccpMigrations = join(import.meta.dirname, '..', '..', '..', 'prisma', 'ccp', 'migrations');

/** It answers a car and changes nothing: no write, so the audit has neither it nor its refusals. */
const notWrites = ['requestCertificateInstallation'];

/** The contract certificate pool over its database. */
export function createCcp(deps: CcpDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'ccp' });
  const database = createDatabase({ url: deps.databaseUrl, schema: 'ccp', logger });
  const audit = createAudit({ database, clock: deps.clock, logger });
  const prisma = new PrismaClient({ adapter: new PrismaPg(database.pool, { schema: 'ccp' }) });
  const sequencer = createSequencer({ database, pool: 'ccp', bus: deps.bus, logger });
  const onEvent = () => {
    sequencer.wake();
    audit.wake();
  };
  const store = createContractStore({ database, prisma, onEvent });
  const log = createContractLog(database);
  const list = createContractList(database);
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
    step: () => followProvisioning(following),
  });

  return {
    name: 'ccp',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('ccp'), resolvers, { refusals: audit.refusals, notWrites }),
      logger,
      contextFor: (request) => ({
        ...request,
        store,
        log,
        list,
        settings,
        strictness,
        pools: createOtherPools(deps.graph, request),
        clock: deps.clock,
        auditLog: audit.log,
        logger: logger.child({ traceId: request.traceId }),
      }),
    }),
    start: async () => {
      await requireMigrated({ url: deps.databaseUrl, schema: 'ccp', folder: ccpMigrations });
      sequencer.start();
      consumer.start();
      audit.start();
    },
    stop: async () => {
      await consumer.stop();
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
