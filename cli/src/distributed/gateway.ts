import { createGateway } from '@chargegraph/gateway';
import { createRemoteSubgraph, standalonePools } from '@chargegraph/graph';
import { createInternalTokens } from '@chargegraph/identity';
import { createIdentity } from '@chargegraph/identity-subgraph';
import { createLogger, openHealthPort, parseConfig, stopOnSignals, systemClock } from '@chargegraph/service';
import { limitShape, limitsOf } from './limit-settings.ts';
import { openBus } from './redis-settings.ts';
import { defaultPollInterval, gatewaySettings, requireOwnHealthPort } from './settings.ts';

/** `chargegraph gateway`: the one door, over pools that run as processes of their own. */
export async function runGateway(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = parseConfig(gatewaySettings.extend(limitShape), environment);
  requireOwnHealthPort(settings.CHARGEGRAPH_PORT, settings.CHARGEGRAPH_HEALTH_PORT);
  const limits = limitsOf(settings);
  const logger = createLogger({ name: 'gateway', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const clock = systemClock;
  const tokens = createInternalTokens(settings.CHARGEGRAPH_INTERNAL_SECRET, clock);
  const urls = {
    rcp: settings.CHARGEGRAPH_RCP_URL,
    pcp: settings.CHARGEGRAPH_PCP_URL,
    ccp: settings.CHARGEGRAPH_CCP_URL,
    cps: settings.CHARGEGRAPH_CPS_URL,
  };
  const databaseUrl = settings.CHARGEGRAPH_DATABASE_URL;
  const remote = standalonePools.map((pool) =>
    createRemoteSubgraph(
      pool,
      { url: new URL('/graphql', urls[pool]), audience: 'subgraphs', tokens },
      logger,
    ),
  );
  const identity = createIdentity({ databaseUrl, clock, logger });
  // Without Redis nothing comes over it: the gateway looks at the log itself.
  const { bus, checks } = openBus(limits, logger);
  const polling = limits.redisUrl === undefined ? 'withoutRedis' : 'withRedis';
  const gateway = createGateway({
    databaseUrl,
    pools: [...remote, identity],
    bus,
    tokens,
    masterKey: settings.CHARGEGRAPH_MASTER_KEY,
    issuer: settings.CHARGEGRAPH_ISSUER,
    claimPrefix: settings.CHARGEGRAPH_CLAIM_PREFIX,
    host: settings.CHARGEGRAPH_HOST,
    port: settings.CHARGEGRAPH_PORT,
    pollInterval: settings.CHARGEGRAPH_POLL_INTERVAL ?? defaultPollInterval[polling],
    heartbeatInterval: settings.CHARGEGRAPH_HEARTBEAT_SECONDS * 1_000,
    pingInterval: settings.CHARGEGRAPH_PING_SECONDS * 1_000,
    drainSpread: settings.CHARGEGRAPH_DRAIN_SECONDS * 1_000,
    pages: settings.CHARGEGRAPH_PAGES,
    ...limits,
    clock,
    logger,
  });
  await identity.start();
  const { port } = await gateway.start();
  const health =
    settings.CHARGEGRAPH_HEALTH_PORT === undefined
      ? undefined
      : await openHealthPort({
          host: settings.CHARGEGRAPH_HOST,
          port: settings.CHARGEGRAPH_HEALTH_PORT,
          checks: [
            { name: 'gateway', check: () => gateway.health() },
            { name: identity.name, check: () => identity.health() },
            ...checks,
          ],
          logger,
        });
  stopOnSignals(async () => {
    await gateway.stop();
    await identity.stop();
    await bus.close();
    await health?.close();
  }, logger);
  process.stdout.write(`gateway listening on http://${settings.CHARGEGRAPH_HOST}:${port}\n`);
}
