import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createTail, type EventBus } from '@chargegraph/events';
import { supergraphSdl, type GraphTransport } from '@chargegraph/graph';
import {
  createAuthenticator,
  createClients,
  identityMigrations,
  openIssuer,
  type InternalTokens,
} from '@chargegraph/identity';
import type { Clock, Logger } from '@chargegraph/service';
import { createGraphExecutor, type PoolSource } from './graph/executor.ts';
import { noPersistedDocuments, readPersistedDocuments } from './graph/persisted-documents.ts';
import { loadSupergraph } from './graph/supergraph.ts';
import { createHttpServer, maximumBody } from './http/server.ts';
import { defaultLimits, type GatewayLimits } from './limits/gateway-limits.ts';
import { createMeters } from './limits/meter.ts';
import { createPartnerLimits } from './limits/partner-limits.ts';
import { createTokenLimits } from './limits/token-limits.ts';
import { createContractLogReader } from './subscriptions/event-log.ts';
import { createSubscriptions } from './subscriptions/subscribe.ts';
import { openWebSocketDoor } from './subscriptions/websocket.ts';

/** What a gateway is given to run with. */
export interface GatewayDeps {
  /** PostgreSQL; clients and signing keys are in the schema `identity`. */
  readonly databaseUrl: string;
  /** All pools of the supergraph, in this process or behind HTTP. */
  readonly pools: readonly PoolSource[];
  readonly bus: EventBus;
  readonly tokens: InternalTokens;
  /** 32 octets that encrypt the token signing keys. */
  readonly masterKey: Uint8Array;
  /** This installation's public address: the `iss` of its tokens. */
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds between looks at the event log when the bus is silent. */
  readonly pollInterval: number;
  /** Lifetime of access tokens in seconds; a day unless given. */
  readonly tokenLifetime?: number;
  /** What partners may not exceed, where it is not the default. */
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** Redis, in which all gateways count rates together; without it each counts its own. */
  readonly redisUrl?: string | undefined;
  /** Addresses and networks of reverse proxies, whose word on where a request comes from is taken. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Where registered documents are, and whether partners may run nothing else. */
  readonly persistedDocuments?: { readonly path: string; readonly only: boolean } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The one door, open or about to be. */
export interface Gateway {
  /** The graph for pools in the same process; works as soon as the pools do, before the door is open. */
  readonly transport: GraphTransport;
  /** Opens the door; resolves with the port. */
  start(): Promise<{ port: number }>;
  /** Closes the door: sockets are told to reconnect, requests that run are finished. */
  stop(): Promise<void>;
  /** Resolves when the door can serve; throws a sentence that says why not. */
  health(): Promise<void>;
}

const dayInSeconds = 86_400;

/** A gateway: it needs the committed supergraph and its own database to start, and no pool. */
export function createGateway(deps: GatewayDeps): Gateway {
  const logger = deps.logger.child({ part: 'gateway' });
  const { clock, tokens } = deps;
  // Every request waits for it: who calls must be known soon or not at all.
  const database = createDatabase({
    url: deps.databaseUrl,
    schema: 'identity',
    logger,
    statementTimeout: 5_000,
  });
  const audit = createAudit({ database, clock, logger });
  const bounds: GatewayLimits = { ...defaultLimits, ...deps.limits };
  const executor = createGraphExecutor({
    supergraph: loadSupergraph(supergraphSdl()),
    pools: deps.pools,
    logger,
    limits: bounds,
  });
  const ccp = executor.pools.get('ccp');
  if (ccp === undefined) throw new Error('The gateway was given no contract pool.');
  const read = createContractLogReader(ccp);
  const tail = createTail({
    pool: 'ccp',
    read,
    bus: deps.bus,
    logger,
    pollInterval: deps.pollInterval,
    clock,
  });
  let close: (() => Promise<void>) | undefined;

  return {
    transport: (request) => executor.execute(request),

    async start() {
      await requireMigrated({ url: deps.databaseUrl, schema: 'identity', folder: identityMigrations });
      const clients = createClients({ database, clock });
      const issuer = await openIssuer({
        database,
        clock,
        masterKey: deps.masterKey,
        issuer: deps.issuer,
        tokenLifetime: deps.tokenLifetime ?? dayInSeconds,
      });
      const authenticator = createAuthenticator({ issuer, clients, clock });
      const documents =
        deps.persistedDocuments === undefined
          ? noPersistedDocuments
          : await readPersistedDocuments(deps.persistedDocuments.path, deps.persistedDocuments.only);
      const meters = createMeters({ redisUrl: deps.redisUrl, logger });
      const limits = createPartnerLimits(bounds, meters);
      const server = createHttpServer({
        executor,
        authenticator,
        clients,
        issuer,
        tokens,
        refusals: audit.refusals,
        limits,
        documents,
        tokenLimits: createTokenLimits(bounds, meters),
        trustedProxies: deps.trustedProxies ?? [],
        logger,
      });
      audit.start();
      const door = openWebSocketDoor({
        server: server.server,
        executor,
        subscriptions: createSubscriptions({ executor, tail, read }),
        authenticator,
        logger,
        maxPayload: maximumBody,
        limits,
        documents,
        bounds,
      });
      // The log may be out of reach for now: the door opens, and subscriptions wait for it.
      void tail.start();
      await server.listen({ host: deps.host, port: deps.port });
      close = async () => {
        await door.drain();
        await server.close();
        meters.close();
      };
      const address = server.server.address();
      return { port: typeof address === 'object' && address !== null ? address.port : deps.port };
    },

    async stop() {
      await close?.();
      await tail.stop();
      await audit.stop();
      await database.close();
    },

    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
