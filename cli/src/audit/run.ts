import { z } from 'zod';
import { verifyChain, type ChainReport } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import {
  ConfigurationError,
  createLogger,
  parseConfig,
  systemClock,
  type Logger,
} from '@chargegraph/service';
import { databaseSettings } from '../distributed/settings.ts';
import { schemas } from '../migrations.ts';
import { readExpected, type ExpectedPoint } from './expected.ts';
import { reportJson, reportLine } from './report.ts';

const optionsSchema = z.object({
  expect: z.preprocess(
    (value): unknown => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(z.coerce.string()),
  ),
  json: z.boolean().default(false),
});

/**
 * `chargegraph audit verify`: recomputes every pool's audit chain and says what it found, a line a pool.
 *
 * @returns the exit code: 1 when a chain is broken
 */
export async function runAudit(
  action: string,
  rawOptions: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  if (action !== 'verify') throw new ConfigurationError('audit takes the action verify.');
  const options = optionsSchema.parse(rawOptions);
  const expected = options.expect.map((text) =>
    readExpected(
      text,
      schemas.map(({ schema }) => schema),
    ),
  );
  const settings = parseConfig(databaseSettings, environment);
  const logger = createLogger({ name: 'audit', level: settings.CHARGEGRAPH_LOG_LEVEL });
  const url = settings.CHARGEGRAPH_DATABASE_URL;
  for (const target of schemas) await requireMigrated({ url, ...target });
  let broken = false;
  for (const { schema } of schemas) {
    const report = await verifyPool(url, schema, expected, logger);
    broken ||= report.fault !== undefined;
    const line = options.json ? JSON.stringify(reportJson(report)) : reportLine(report, systemClock.now());
    say(line);
  }
  return broken ? 1 : 0;
}

async function verifyPool(
  url: string,
  schema: string,
  expected: readonly ExpectedPoint[],
  logger: Logger,
): Promise<ChainReport> {
  const database = createDatabase({ url, schema, logger, max: 1 });
  try {
    return await verifyChain(
      database,
      expected.filter(({ pool }) => pool === schema),
    );
  } finally {
    await database.close();
  }
}
