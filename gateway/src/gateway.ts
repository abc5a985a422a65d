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
import { createCrlLimits } from './limits/crl-limits.ts';
import { defaultLimits, type GatewayLimits } from './limits/gateway-limits.ts';
import { createMeters } from './limits/meter.ts';
import { createPartnerLimits } from './limits/partner-limits.ts';
import { createRefusedWrites } from './limits/refused-writes.ts';
import { createTokenLimits } from './limits/token-limits.ts';
import { createConsumerLeases } from './subscriptions/consumer-leases.ts';
import { createLogReader } from './subscriptions/event-log.ts';
import { eventSources } from './subscriptions/sources/index.ts';
import { createLogStarts } from './subscriptions/log-start.ts';
import { createSharedReads } from './subscriptions/shared-reads.ts';
import { createSubscriptions, type TailedSource } from './subscriptions/subscribe.ts';
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
  /** What stands before the names of OPCP's claims in them; the issuer's origin unless given. */
  readonly claimPrefix?: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Milliseconds between looks at the event log when the bus is silent. */
  readonly pollInterval: number;
  /** Milliseconds after which a subscriber that was told nothing is told a marker; 30,000 unless given. */
  readonly heartbeatInterval?: number | undefined;
  /** Milliseconds between pings over a websocket; 12,000 unless given. */
  readonly pingInterval?: number | undefined;
  /** For how long, in milliseconds, closing the websockets is spread at most when it stops; 10,000 unless given. */
  readonly drainSpread?: number | undefined;
  /** Lifetime of access tokens in seconds; a day unless given. */
  readonly tokenLifetime?: number;
  /** What partners may not exceed, where it is not the default. */
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** Redis, in which all gateways count rates together; without it each counts its own. */
  readonly redisUrl?: string | undefined;
  /** Keeps several installations in one Redis apart; `chargegraph` unless given. */
  readonly redisPrefix?: string | undefined;
  /** Addresses and networks of reverse proxies, whose word on where a request comes from is taken. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Where registered documents are, and whether partners may run nothing else. */
  readonly persistedDocuments?: { readonly path: string; readonly only: boolean } | undefined;
  /** Whether there are pages for people (`/`, `/graphql` in a browser, `/docs`); there are unless it is `false`. */
  readonly pages?: boolean | undefined;
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

/**
 * Most connections that wait to be taken in, as far as the operating system lets them: when another gateway ends, all of
 * its clients come at once, and one that finds no room tries again only after seconds.
 */
const backlog = 4_096;

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
  const sources = eventSources.map((source): TailedSource => {
    const pool = executor.pools.get(source.pool);
    if (pool === undefined) throw new Error(`The gateway was not given the pool ${source.pool}.`);
    const reads = createSharedReads(createLogReader(source, pool));
    const { bus, pollInterval } = deps;
    const tail = createTail({
      pool: source.pool,
      read: reads.direct,
      factsOf: source.factsOf,
      bus,
      logger,
      pollInterval,
      clock,
    });
    const starts = createLogStarts({ pool: source.pool, tail, ends: reads.ends, clock });
    return { source, tail, reads, starts };
  });
  const withConsumers = executor.pools.get('ccp');
  if (withConsumers === undefined) throw new Error('The gateway was not given the pool ccp.');
  const leases = createConsumerLeases({ pool: withConsumers, bus: deps.bus, logger });
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
        claimPrefix: deps.claimPrefix,
        tokenLifetime: deps.tokenLifetime ?? dayInSeconds,
      });
      const authenticator = createAuthenticator({ issuer, clients, clock });
      const documents =
        deps.persistedDocuments === undefined
          ? noPersistedDocuments
          : await readPersistedDocuments(deps.persistedDocuments.path, deps.persistedDocuments.only);
      const meters = createMeters({
        redisUrl: deps.redisUrl,
        redisPrefix: deps.redisPrefix,
        logger,
      });
      const limits = createPartnerLimits(bounds, meters);
      const refusedWrites = createRefusedWrites({
        supergraph: executor.supergraph,
        refusals: audit.refusals,
        maxTokens: bounds.maxTokens,
      });
      const server = createHttpServer({
        executor,
        authenticator,
        clients,
        issuer,
        tokens,
        refusals: audit.refusals,
        limits,
        refusedWrites,
        documents,
        tokenLimits: createTokenLimits(bounds, meters),
        crlLimits: createCrlLimits(bounds, meters),
        clock,
        trustedProxies: deps.trustedProxies ?? [],
        pages: deps.pages ?? true,
        address: deps.issuer,
        logger,
      });
      audit.start();
      const door = openWebSocketDoor({
        server: server.server,
        executor,
        subscriptions: createSubscriptions({
          executor,
          sources,
          leases,
          heartbeat: deps.heartbeatInterval ?? 30_000,
        }),
        authenticator,
        logger,
        maxPayload: maximumBody,
        limits,
        refusedWrites,
        documents,
        bounds,
        pingInterval: deps.pingInterval ?? 12_000,
        drainSpread: deps.drainSpread ?? 10_000,
      });
      // A log may be out of reach for now: the door opens, and subscriptions wait for it.
      for (const { tail } of sources) void tail.start();
      leases.start();
      await server.listen({ host: deps.host, port: deps.port, backlog });
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
      await leases.stop();
      await Promise.all(sources.map(({ tail }) => tail.stop()));
      await audit.stop();
      await database.close();
    },

    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
