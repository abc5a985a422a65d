import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigurationError, createLogger, parseConfig, stopOnSignals } from '@chargegraph/service';
import { seedDemo } from '../demo/seed.ts';
import { limitSettings, limitsOf } from '../distributed/limit-settings.ts';
import {
  claimSettings,
  cleansingSettings,
  contractPoolSettings,
  digestSettings,
  pageSettings,
  requireOwnHealthPort,
  retentionOf,
  revocationSettings,
  strictnessOf,
  strictnessSettings,
} from '../distributed/settings.ts';
import { startEcosystem, type Ecosystem, type EcosystemOptions } from './ecosystem.ts';

const portNumber = z.coerce.number().int().min(0).max(65_535);

const optionsSchema = z.object({
  data: z.coerce.string().min(1),
  host: z.string().min(1),
  port: portNumber,
  healthPort: portNumber.optional(),
  issuer: z.url().optional(),
  demo: z.boolean().default(false),
  restored: z.boolean().default(false),
});

/** `chargegraph start`: everything in this process, until a signal ends it. */
export async function runStart(rawOptions: Record<string, unknown>): Promise<void> {
  const parsed = optionsSchema.safeParse(rawOptions);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const option = String(issue?.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ConfigurationError(`--${option} is wrong: ${issue?.message ?? ''}`);
  }
  const { data, host, demo, healthPort, issuer, restored } = parsed.data;
  requireOwnHealthPort(parsed.data.port, healthPort, { port: '--port', healthPort: '--health-port' });
  const dataFolder = resolve(data);
  const settings = parseConfig(contractPoolSettings, process.env);
  const pages = parseConfig(pageSettings, process.env).CHARGEGRAPH_PAGES;
  const limits = limitsOf(parseConfig(limitSettings, process.env));
  const logger = createLogger({
    name: 'chargegraph',
    level: process.env['CHARGEGRAPH_LOG_LEVEL'] ?? 'info',
    pretty: process.stderr.isTTY,
  });
  // From the first moment: a signal while things come up must not leave a part of them behind.
  const stopping = new AbortController();
  const starting = bringUp(
    {
      dataFolder,
      host,
      port: parsed.data.port,
      healthPort,
      issuer,
      claimPrefix: parseConfig(claimSettings, process.env).CHARGEGRAPH_CLAIM_PREFIX,
      restored,
      cpoContractLookup: settings.CHARGEGRAPH_CPO_CONTRACT_LOOKUP,
      digestAt: parseConfig(digestSettings, process.env).CHARGEGRAPH_DIGEST_AT,
      ...strictnessOf(parseConfig(strictnessSettings, process.env)),
      ...retentionOf(process.env),
      revocation: parseConfig(revocationSettings, process.env),
      pages,
      cleansing: parseConfig(cleansingSettings, process.env).CHARGEGRAPH_CLEANSE_AT,
      logger,
      signal: stopping.signal,
      ...limits,
    },
    demo,
  ).catch((error: unknown) => {
    if (stopping.signal.aborted && error === stopping.signal.reason) return undefined;
    throw error;
  });
  stopOnSignals(async () => {
    stopping.abort();
    await (await starting)?.stop();
  }, logger);
  const ecosystem = await starting;
  if (ecosystem === undefined) return;
  // Nobody brings it back but a new start, which is a supervisor's to make: an error that nobody catches stops us.
  void ecosystem.databaseEnded.then(() => {
    if (!stopping.signal.aborted) throw new Error('PostgreSQL has ended by itself.');
  });
  if (!stopping.signal.aborted) process.stdout.write(addresses(ecosystem.url, dataFolder, { demo, pages }));
}

async function bringUp(options: EcosystemOptions, demo: boolean): Promise<Ecosystem> {
  const ecosystem = await startEcosystem(options);
  try {
    options.signal?.throwIfAborted();
    if (demo) await seedDemo(ecosystem, options.dataFolder);
    return ecosystem;
  } catch (error) {
    await ecosystem.stop();
    throw error;
  }
}

function addresses(
  url: string,
  dataFolder: string,
  { demo, pages }: { readonly demo: boolean; readonly pages: boolean },
): string {
  const lines = [
    'ChargeGraph is running.',
    ...(pages ? [`  in a browser   ${url}/`] : []),
    `  GraphQL        ${url}/graphql`,
    `  subscriptions  ${url.replace('http', 'ws')}/graphql   (graphql-transport-ws)`,
    `  OPCP REST      ${url}/v1`,
    `  tokens         ${url}/oauth/token`,
    `  data           ${dataFolder}`,
  ];
  if (demo) {
    lines.push(
      `  demo clients   ${dataFolder}/demo-credentials.json`,
      `  demo PKI       ${dataFolder}/demo-pki/, ${dataFolder}/demo-pki-20/`,
    );
  }
  return `${lines.join('\n')}\n`;
}
