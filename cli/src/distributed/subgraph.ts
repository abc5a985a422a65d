import { createCcp } from '@chargegraph/ccp';
import { createCps } from '@chargegraph/cps';
import { createInProcessBus } from '@chargegraph/events';
import {
  createGraphClient,
  createHttpGraphTransport,
  createSubgraphServer,
  standalonePools,
  type StandalonePool,
  type Subgraph,
} from '@chargegraph/graph';
import { createInternalTokens } from '@chargegraph/identity';
import { createPcp } from '@chargegraph/pcp';
import { EncryptedFileKeyStore } from '@chargegraph/pki';
import { createRcp } from '@chargegraph/rcp';
import {
  ConfigurationError,
  createLogger,
  openHealthPort,
  parseConfig,
  stopOnSignals,
  systemClock,
} from '@chargegraph/service';
import {
  contractPoolSettings,
  keyStoreSettings,
  signingSettings,
  strictnessOf,
  strictnessSettings,
  subgraphSettings,
} from './settings.ts';

const isPool = (name: string): name is StandalonePool =>
  (standalonePools as readonly string[]).includes(name);

/** `chargegraph subgraph <pool>`: one pool behind HTTP, for gateways only. */
export async function runSubgraph(pool: string, environment: NodeJS.ProcessEnv): Promise<void> {
  if (!isPool(pool))
    throw new ConfigurationError(`There is no pool "${pool}": use ${standalonePools.join(', ')}.`);
  const settings = parseConfig(subgraphSettings, environment);
  const logger = createLogger({ name: pool, level: settings.CHARGEGRAPH_LOG_LEVEL });
  const clock = systemClock;
  const tokens = createInternalTokens(settings.CHARGEGRAPH_INTERNAL_SECRET, clock);
  const gateway = new URL('/internal/graphql', settings.CHARGEGRAPH_GATEWAY_URL);
  const shared = {
    databaseUrl: settings.CHARGEGRAPH_DATABASE_URL,
    bus: createInProcessBus(),
    graph: createGraphClient(createHttpGraphTransport({ url: gateway, audience: 'gateway', tokens })),
    clock,
    logger,
    ...strictnessOf(parseConfig(strictnessSettings, environment)),
  };
  const create: Record<StandalonePool, () => Subgraph> = {
    rcp: () => createRcp(shared),
    pcp: () => createPcp(shared),
    ccp: () => {
      const { CHARGEGRAPH_CPO_CONTRACT_LOOKUP } = parseConfig(contractPoolSettings, environment);
      return createCcp({ ...shared, cpoContractLookup: CHARGEGRAPH_CPO_CONTRACT_LOOKUP });
    },
    cps: () => {
      const keys = parseConfig(keyStoreSettings, environment);
      const keyStore = new EncryptedFileKeyStore({
        folder: keys.CHARGEGRAPH_KEYS,
        passphrase: keys.CHARGEGRAPH_KEY_PASSPHRASE,
      });
      const { CHARGEGRAPH_RESIGN_DAYS: leadDays } = parseConfig(signingSettings, environment);
      return createCps({ ...shared, keyStore, resigning: { leadDays } });
    },
  };
  const subgraph = create[pool]();
  await subgraph.start();
  const server = createSubgraphServer({ subgraph, tokens, logger });
  const address = await server.listen({ host: settings.CHARGEGRAPH_HOST, port: settings.CHARGEGRAPH_PORT });
  const health =
    settings.CHARGEGRAPH_HEALTH_PORT === undefined
      ? undefined
      : await openHealthPort({
          host: settings.CHARGEGRAPH_HOST,
          port: settings.CHARGEGRAPH_HEALTH_PORT,
          checks: [{ name: pool, check: () => subgraph.health() }],
          logger,
        });
  stopOnSignals(async () => {
    await server.close();
    await subgraph.stop();
    await health?.close();
  }, logger);
  process.stdout.write(`${pool} listening on ${address}\n`);
}
