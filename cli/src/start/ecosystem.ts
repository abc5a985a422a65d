import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createCcp } from '@chargegraph/ccp';
import { createCps } from '@chargegraph/cps';
import {
  createDatabase,
  lockFolder,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@chargegraph/database';
import { createInProcessBus } from '@chargegraph/events';
import { createGateway, type Gateway } from '@chargegraph/gateway';
import { createGraphClient, type GraphTransport, type Subgraph } from '@chargegraph/graph';
import {
  createClients,
  createInternalTokens,
  type ClientReads,
  type ClientWrites,
} from '@chargegraph/identity';
import { createIdentity } from '@chargegraph/identity-subgraph';
import { createPcp } from '@chargegraph/pcp';
import { EncryptedFileKeyStore, type ProfileStrictness } from '@chargegraph/pki';
import { createRcp } from '@chargegraph/rcp';
import { openHealthPort, systemClock, type Logger } from '@chargegraph/service';
import { actOfCommand } from '../clients/act.ts';
import type { LimitDeps } from '../distributed/limit-settings.ts';
import { migrateAll } from '../migrations.ts';
import { readOrMakeSecrets } from './secrets.ts';

/** How the whole ecosystem runs in one process. */
export interface EcosystemOptions extends LimitDeps {
  /** Everything it keeps lies in here. */
  readonly dataFolder: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Health port; none when absent. */
  readonly healthPort?: number | undefined;
  /** The public address; by default where it listens. */
  readonly issuer?: string | undefined;
  /** Whether charge point operators may look up contracts by their EMAIDs; not unless given. */
  readonly cpoContractLookup?: boolean;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether EMAIDs with a wrong check digit are refused; not unless given. */
  readonly emaidCheckDigit?: 'lenient' | 'strict' | undefined;
  readonly logger: Logger;
}

/** The whole ecosystem, running in this process. */
export interface Ecosystem {
  /** Where the door is, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Its PostgreSQL, with the superuser's password: a secret. */
  readonly databaseUrl: string;
  /** Resolves when its PostgreSQL has ended, whether stopped or by itself: nothing can be served any more. */
  readonly databaseEnded: Promise<void>;
  /** The clients, with what is done to them recorded as this command's. */
  readonly clients: ClientReads & ClientWrites;
  readonly keyStore: EncryptedFileKeyStore;
  /** The graph, with whatever rights its caller says: for what the operator's own command does. */
  readonly transport: GraphTransport;
  /** The pools themselves, behind the gateway. */
  readonly pools: readonly Subgraph[];
  stop(): Promise<void>;
}

/** What was opened, closed in the reverse order. */
class Closing {
  readonly #steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.#steps.unshift(step);
  }

  async run(logger: Logger): Promise<void> {
    for (const step of this.#steps.splice(0)) {
      await step().catch((error: unknown) => {
        logger.error({ err: error }, 'a part did not stop cleanly');
      });
    }
  }
}

/**
 * Brings everything up on a PostgreSQL of its own: pools called in-process, events fanned out in-process.
 *
 * @throws ConfigurationError when the folder is in use by another process
 */
export async function startEcosystem(options: EcosystemOptions): Promise<Ecosystem> {
  const { dataFolder, logger } = options;
  const closing = new Closing();
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(dataFolder);
    closing.add(() => lock.release());
    const secrets = await readOrMakeSecrets(dataFolder);
    const postgres = await startEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), logger });
    closing.add(() => postgres.stop());
    await migrateAll(postgres.url, logger);
    return await startParts(options, postgres, secrets, closing);
  } catch (error) {
    await closing.run(logger);
    throw error;
  }
}

async function startParts(
  options: EcosystemOptions,
  { url: databaseUrl, ended: databaseEnded }: EmbeddedPostgres,
  secrets: Awaited<ReturnType<typeof readOrMakeSecrets>>,
  closing: Closing,
): Promise<Ecosystem> {
  const { dataFolder, host, logger } = options;
  const clock = systemClock;
  const bus = createInProcessBus();
  closing.add(() => bus.close());
  const keyStore = new EncryptedFileKeyStore({
    folder: join(dataFolder, 'keys'),
    passphrase: secrets.keyPassphrase,
  });

  // The pools ask the graph through the gateway, which in turn is given the pools.
  const behind: { gateway?: Gateway } = {};
  const transport: GraphTransport = (request) => {
    if (behind.gateway === undefined) throw new Error('The graph was asked before it was there.');
    return behind.gateway.transport(request);
  };
  const { profile, emaidCheckDigit } = options;
  const shared = {
    databaseUrl,
    bus,
    clock,
    logger,
    keyStore,
    graph: createGraphClient(transport),
    profile,
    emaidCheckDigit,
  };
  const pools: Subgraph[] = [
    createRcp(shared),
    createPcp(shared),
    createCcp({ ...shared, cpoContractLookup: options.cpoContractLookup ?? false }),
    createCps(shared),
    createIdentity(shared),
  ];
  const gateway = createGateway({
    databaseUrl,
    pools,
    bus,
    tokens: createInternalTokens(Buffer.from(secrets.internalSecret, 'base64'), clock),
    masterKey: Buffer.from(secrets.masterKey, 'base64'),
    issuer: options.issuer ?? `http://${host}:${options.port}`,
    host,
    port: options.port,
    pollInterval: 1_000,
    limits: options.limits,
    redisUrl: options.redisUrl,
    trustedProxies: options.trustedProxies,
    persistedDocuments: options.persistedDocuments,
    clock,
    logger,
  });
  behind.gateway = gateway;

  for (const pool of pools) {
    closing.add(() => pool.stop());
    await pool.start();
  }
  closing.add(() => gateway.stop());
  const { port } = await gateway.start();

  if (options.healthPort !== undefined) {
    const health = await openHealthPort({
      host,
      port: options.healthPort,
      checks: [
        ...pools.map((pool) => ({ name: pool.name, check: () => pool.health() })),
        { name: 'gateway', check: () => gateway.health() },
      ],
      logger,
    });
    closing.add(() => health.close());
  }
  const identity = createDatabase({ url: databaseUrl, schema: 'identity', logger, max: 2 });
  closing.add(() => identity.close());
  const clients = createClients({ database: identity, clock });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    databaseUrl,
    databaseEnded,
    clients: { ...clients, ...clients.as(actOfCommand('start')) },
    keyStore,
    transport,
    pools,
    stop: () => closing.run(logger),
  };
}
