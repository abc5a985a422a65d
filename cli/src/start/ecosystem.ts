import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createCcp } from '@chargegraph/ccp';
import type { Schedule } from '@chargegraph/cleansing';
import { createCps } from '@chargegraph/cps';
import {
  createDatabase,
  lockFolder,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@chargegraph/database';
import { createGateway, type Gateway } from '@chargegraph/gateway';
import {
  createGraphClient,
  type GraphTransport,
  type StandalonePool,
  type Subgraph,
} from '@chargegraph/graph';
import {
  createClients,
  createInternalTokens,
  type ClientReads,
  type ClientWrites,
} from '@chargegraph/identity';
import { createIdentity } from '@chargegraph/identity-subgraph';
import { createPcp } from '@chargegraph/pcp';
import { createRevocationChecker, EncryptedFileKeyStore, type ProfileStrictness } from '@chargegraph/pki';
import { createRcp } from '@chargegraph/rcp';
import { openHealthPort, parseConfig, systemClock, type Logger } from '@chargegraph/service';
import { actOfCommand } from '../clients/act.ts';
import type { LimitDeps } from '../distributed/limit-settings.ts';
import { openBus } from '../distributed/redis-settings.ts';
import { renewLogs } from '../distributed/restored.ts';
import { revocationOf, revocationSettings, type RevocationSettings } from '../distributed/settings.ts';
import { migrateAll } from '../migrations.ts';
import { trustListSignerOf } from '../trust-list-signer.ts';
import { readOrMakeSecrets } from './secrets.ts';
import { tryToListen } from './try-to-listen.ts';

/** How the whole ecosystem runs in one process. */
export interface EcosystemOptions extends LimitDeps {
  /** Everything it keeps lies in here. */
  readonly dataFolder: string;
  /** The PostgreSQL it runs on, which it stops with itself; one of its own in the data folder unless given. */
  readonly postgres?: EmbeddedPostgres;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Health port; none when absent. */
  readonly healthPort?: number | undefined;
  /** The public address; by default where it listens. */
  readonly issuer?: string | undefined;
  /** See the gateway's setting of this name. */
  readonly claimPrefix?: string | undefined;
  /** For how many days events are kept, 0 for ever; 30 unless given. */
  readonly retentionDays?: number | undefined;
  /** Whether there are pages for people; there are unless it is `false`. */
  readonly pages?: boolean | undefined;
  /** See the gateway's setting of this name. */
  readonly heartbeatInterval?: number | undefined;
  /** Milliseconds between pings over a websocket, where it is not the default. */
  readonly pingInterval?: number | undefined;
  /** Minutes after midnight in UTC at which the operator is told the daily digest. */
  readonly digestAt?: number | undefined;
  /** Whether charge point operators may look up contracts by their EMAIDs; not unless given. */
  readonly cpoContractLookup?: boolean;
  /** Whether certificates that depart from the profile in what is usual are refused; not unless given. */
  readonly profile?: ProfileStrictness | undefined;
  /** Whether EMAIDs with a wrong check digit are refused; not unless given. */
  readonly emaidCheckDigit?: 'lenient' | 'strict' | undefined;
  /** Whether the folder was put back from a backup, so that cursors given since then must be refused. */
  readonly restored?: boolean;
  /** What the pools make of revocation; the default settings unless given. */
  readonly revocation?: RevocationSettings | undefined;
  /** When the pools are cleansed; never unless given. */
  readonly cleansing?: Schedule | undefined;
  readonly logger: Logger;
  /** Aborted, what comes up is not brought up further but put away again. */
  readonly signal?: AbortSignal | undefined;
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
 * Brings everything up, on a PostgreSQL of its own unless it is given one: pools called in-process, events fanned out
 * in-process.
 *
 * @throws ConfigurationError when the folder is in use by another process; a system error when the port is; the
 *   signal's reason when it is aborted
 */
export async function startEcosystem(options: EcosystemOptions): Promise<Ecosystem> {
  const { dataFolder, logger } = options;
  const closing = new Closing();
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(dataFolder);
    closing.add(() => lock.release());
    await tryToListen(options.host, options.port);
    const secrets = await readOrMakeSecrets(dataFolder);
    const postgres =
      options.postgres ?? (await startEmbeddedPostgres({ folder: join(dataFolder, 'postgres'), logger }));
    closing.add(() => postgres.stop());
    options.signal?.throwIfAborted();
    await migrateAll(postgres.url, logger);
    options.signal?.throwIfAborted();
    if (options.restored === true) await renewLogs(postgres.url, logger);
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
  const { bus, checks } = openBus(options, logger);
  closing.add(() => bus.close());
  const keyFolder = join(dataFolder, 'keys');
  const keyStore = new EncryptedFileKeyStore({
    folder: keyFolder,
    passphrase: secrets.keyPassphrase,
  });

  // The pools ask the graph through the gateway, which in turn is given the pools.
  const behind: { gateway?: Gateway } = {};
  const transport: GraphTransport = (request) => {
    if (behind.gateway === undefined) throw new Error('The graph was asked before it was there.');
    return behind.gateway.transport(request);
  };
  const { profile, emaidCheckDigit, revocation: settings = parseConfig(revocationSettings, {}) } = options;
  const { network } = revocationOf(settings, 'rcp');
  const checker = createRevocationChecker({ clock, logger, network });
  const revocation = (pool: StandalonePool) => ({ checker, policy: revocationOf(settings, pool).policy });
  const shared = {
    databaseUrl,
    bus,
    clock,
    logger,
    keyStore,
    graph: createGraphClient(transport),
    profile,
    emaidCheckDigit,
    retentionDays: options.retentionDays,
    cleansing: options.cleansing,
  };
  const pools: Subgraph[] = [
    createRcp({
      ...shared,
      revocation: revocation('rcp'),
      trustListSigner: trustListSignerOf({ folder: keyFolder, keyStore }, clock),
    }),
    createPcp({ ...shared, revocation: revocation('pcp') }),
    createCcp({
      ...shared,
      revocation: revocation('ccp'),
      cpoContractLookup: options.cpoContractLookup ?? false,
    }),
    createCps({ ...shared, revocation: revocation('cps'), digest: { at: options.digestAt } }),
    createIdentity(shared),
  ];
  const gateway = createGateway({
    databaseUrl,
    pools,
    bus,
    tokens: createInternalTokens(Buffer.from(secrets.internalSecret, 'base64'), clock),
    masterKey: Buffer.from(secrets.masterKey, 'base64'),
    issuer: options.issuer ?? `http://${host}:${options.port}`,
    claimPrefix: options.claimPrefix,
    host,
    port: options.port,
    pollInterval: 1_000,
    heartbeatInterval: options.heartbeatInterval,
    pingInterval: options.pingInterval,
    limits: options.limits,
    redisUrl: options.redisUrl,
    redisPrefix: options.redisPrefix,
    trustedProxies: options.trustedProxies,
    persistedDocuments: options.persistedDocuments,
    pages: options.pages,
    clock,
    logger,
  });
  behind.gateway = gateway;

  for (const pool of pools) {
    closing.add(() => pool.stop());
    await pool.start();
  }
  // Once no request is under way, and before the pools' jobs are waited for.
  closing.add(() => {
    checker.close();
    return Promise.resolve();
  });
  closing.add(() => gateway.stop());
  const { port } = await gateway.start();

  if (options.healthPort !== undefined) {
    const health = await openHealthPort({
      host,
      port: options.healthPort,
      checks: [
        ...pools.map((pool) => ({ name: pool.name, check: () => pool.health() })),
        { name: 'gateway', check: () => gateway.health() },
        ...checks,
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
