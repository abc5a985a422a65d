import { createCcpCleansing, ccpMigrations } from '@chargegraph/ccp';
import {
  cleansedPools,
  type CleansedPool,
  type Cleansing,
  type CleansingDeps,
  type CleansingReport,
  type RunOutcome,
} from '@chargegraph/cleansing';
import { cpsMigrations, createCpsCleansing } from '@chargegraph/cps';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createPcpCleansing, pcpMigrations } from '@chargegraph/pcp';
import { createRevocationChecker } from '@chargegraph/pki';
import { createRcpCleansing, rcpMigrations } from '@chargegraph/rcp';
import { createRevocation } from '@chargegraph/revocation';
import {
  ConfigurationError,
  createLogger,
  parseConfig,
  systemClock,
  type Clock,
  type Logger,
} from '@chargegraph/service';
import { z } from 'zod';
import {
  databaseSettings,
  revocationOf,
  revocationSettings,
  type RevocationSettings,
} from '../distributed/settings.ts';
import { busyLine, reportJson, reportTable } from './report.ts';

const optionsSchema = z.object({
  pool: z.preprocess(
    (value): unknown => (value === undefined ? [...cleansedPools] : Array.isArray(value) ? value : [value]),
    z.array(z.enum(cleansedPools)),
  ),
  dryRun: z.boolean().default(false),
  json: z.boolean().default(false),
});

const pools: Readonly<
  Record<CleansedPool, { readonly folder: string; readonly create: (deps: CleansingDeps) => Cleansing }>
> = {
  rcp: { folder: rcpMigrations, create: createRcpCleansing },
  pcp: { folder: pcpMigrations, create: createPcpCleansing },
  ccp: { folder: ccpMigrations, create: createCcpCleansing },
  cps: { folder: cpsMigrations, create: createCpsCleansing },
};

/**
 * `chargegraph cleanse`: cleanses the pools now, one after the other, on the database itself.
 *
 * @param write where its output goes
 * @returns the exit code: 1 when another process was at a pool and nothing was done there
 */
export async function runCleanse(
  rawOptions: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  {
    write = (text: string) => process.stdout.write(text),
    clock = systemClock,
  }: { readonly write?: (text: string) => void; readonly clock?: Clock } = {},
): Promise<number> {
  const parsed = optionsSchema.safeParse(rawOptions);
  if (!parsed.success) {
    throw new ConfigurationError(`--pool is wrong: use ${cleansedPools.join(', ')}.`);
  }
  const { pool: named, dryRun, json } = parsed.data;
  const { CHARGEGRAPH_DATABASE_URL: url, CHARGEGRAPH_LOG_LEVEL: level } = parseConfig(
    databaseSettings,
    environment,
  );
  const settings = parseConfig(revocationSettings, environment);
  const logger = createLogger({ name: 'cleanse', level });
  const chosen = cleansedPools.filter((pool) => named.includes(pool));
  for (const pool of chosen) await requireMigrated({ url, schema: pool, folder: pools[pool].folder });
  const reports: CleansingReport[] = [];
  const busy: CleansedPool[] = [];
  for (const pool of chosen) {
    const done = await cleanse(pool, { url, settings, dryRun, clock, logger });
    if (done.outcome === 'DONE') {
      reports.push(done.report);
      if (json) write(`${JSON.stringify(reportJson(done.report))}\n`);
    } else {
      busy.push(pool);
      if (json) write(`${JSON.stringify({ pool, dryRun, busy: true })}\n`);
    }
  }
  if (!json && reports.length > 0) write(reportTable(reports));
  if (!json) for (const pool of busy) write(busyLine(pool));
  return busy.length > 0 ? 1 : 0;
}

async function cleanse(
  pool: CleansedPool,
  {
    url,
    settings,
    dryRun,
    clock,
    logger,
  }: {
    readonly url: string;
    readonly settings: RevocationSettings;
    readonly dryRun: boolean;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Promise<RunOutcome> {
  const { policy, network } = revocationOf(settings, pool);
  const database = createDatabase({ url, schema: pool, logger, max: 5 });
  const checker = createRevocationChecker({ clock, logger, network });
  const shared = { database, clock, logger };
  const revocation = createRevocation({ ...shared, checker, policy, capacity: 1_000 });
  try {
    // The pool's own process, or its next start, finds the events by itself.
    return await pools[pool].create({ ...shared, revocation, onEvent: () => undefined }).run({ dryRun });
  } finally {
    checker.close();
    await database.close();
  }
}
