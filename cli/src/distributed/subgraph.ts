import { createCcp } from '@chargegraph/ccp';
import { createCps } from '@chargegraph/cps';
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
import { createRevocationChecker, EncryptedFileKeyStore } from '@chargegraph/pki';
import { createRcp } from '@chargegraph/rcp';
import {
  ConfigurationError,
  createLogger,
  openHealthPort,
  parseConfig,
  stopOnSignals,
  systemClock,
  type Clock,
} from '@chargegraph/service';
import { trustListSignerOf } from '../trust-list-signer.ts';
import { openBus } from './redis-settings.ts';
import {
  cleansingSettings,
  contractPoolSettings,
  digestSettings,
  keyStoreSettings,
  requireOwnHealthPort,
  retentionOf,
  revocationOf,
  revocationSettings,
  revocationListSettings,
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
  requireOwnHealthPort(settings.CHARGEGRAPH_PORT, settings.CHARGEGRAPH_HEALTH_PORT);
  const logger = createLogger({ name: pool, level: settings.CHARGEGRAPH_LOG_LEVEL });
  const clock = systemClock;
  const tokens = createInternalTokens(settings.CHARGEGRAPH_INTERNAL_SECRET, clock);
  const gateway = new URL('/internal/graphql', settings.CHARGEGRAPH_GATEWAY_URL);
  const { bus, checks } = openBus(
    { redisUrl: settings.CHARGEGRAPH_REDIS_URL, redisPrefix: settings.CHARGEGRAPH_REDIS_PREFIX },
    logger,
  );
  const { policy, network } = revocationOf(parseConfig(revocationSettings, environment), pool);
  const checker = createRevocationChecker({ clock, logger, network });
  const shared = {
    databaseUrl: settings.CHARGEGRAPH_DATABASE_URL,
    bus,
    graph: createGraphClient(createHttpGraphTransport({ url: gateway, audience: 'gateway', tokens })),
    clock,
    logger,
    revocation: { checker, policy },
    cleansing: parseConfig(cleansingSettings, environment).CHARGEGRAPH_CLEANSE_AT,
    ...strictnessOf(parseConfig(strictnessSettings, environment)),
    ...retentionOf(environment),
  };
  const create: Record<StandalonePool, () => Subgraph> = {
    rcp: () => createRcp({ ...shared, trustListSigner: trustListSigner(environment, clock) }),
    pcp: () => createPcp(shared),
    ccp: () => {
      const { CHARGEGRAPH_CPO_CONTRACT_LOOKUP } = parseConfig(contractPoolSettings, environment);
      const { CHARGEGRAPH_RESIGN_DAYS: leadDays } = parseConfig(signingSettings, environment);
      const endingSigners = { leadDays };
      return createCcp({ ...shared, cpoContractLookup: CHARGEGRAPH_CPO_CONTRACT_LOOKUP, endingSigners });
    },
    cps: () => {
      const { keyStore } = openKeyStore(environment);
      const { CHARGEGRAPH_RESIGN_DAYS: leadDays } = parseConfig(signingSettings, environment);
      const { CHARGEGRAPH_CRL_HOURS: listHours } = parseConfig(revocationListSettings, environment);
      const { CHARGEGRAPH_DIGEST_AT: at } = parseConfig(digestSettings, environment);
      return createCps({
        ...shared,
        keyStore,
        resigning: { leadDays },
        revoking: { listHours },
        digest: { at },
      });
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
          checks: [{ name: pool, check: () => subgraph.health() }, ...checks],
          logger,
        });
  stopOnSignals(async () => {
    await server.close();
    checker.close();
    await subgraph.stop();
    await bus.close();
    await health?.close();
  }, logger);
  process.stdout.write(`${pool} listening on ${address}\n`);
}

function openKeyStore(environment: NodeJS.ProcessEnv) {
  const { CHARGEGRAPH_KEYS: folder, CHARGEGRAPH_KEY_PASSPHRASE: passphrase } = parseConfig(
    keyStoreSettings,
    environment,
  );
  return { folder, keyStore: new EncryptedFileKeyStore({ folder, passphrase }) };
}

/** The root pool does without keys, and then signs no lists. */
const trustListSigner = (environment: NodeJS.ProcessEnv, clock: Clock) =>
  environment['CHARGEGRAPH_KEYS'] === undefined
    ? undefined
    : trustListSignerOf(openKeyStore(environment), clock);
