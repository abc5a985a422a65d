import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  demoPkisOf,
  openDoors,
  seedDemo,
  startEcosystem,
  type DemoClient,
  type DemoCredentials,
  type DemoPkis,
  type Doors,
  type Ecosystem,
  type EcosystemOptions,
  type LimitDeps,
} from '@chargegraph/cli';
import { copyTestDatabase, testFolderVariable, type TestDatabase } from '@chargegraph/database/testing';
import type { DemoPki } from '@chargegraph/pki';
import { createLogger } from '@chargegraph/service';
import { temporaryFolder } from './folders.ts';
import { freePort } from './ports.ts';

/** The whole ecosystem in this process, with the demo's PKI, roots, signer and clients. */
export interface TestEcosystem {
  readonly url: string;
  readonly dataFolder: string;
  readonly databaseUrl: string;
  /** The one of ISO 15118-2. */
  readonly pki: DemoPki;
  readonly pkis: DemoPkis;
  readonly credentials: DemoCredentials;
  /** The parts of the one that runs now. */
  readonly running: () => Ecosystem;
  /** A demo party's doors. */
  doors(client: DemoClient): Promise<Doors>;
  /** Stops it and starts it again, on the same folder and port. */
  restart(between?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const logger = createLogger({
  name: 'test',
  level: process.env['CHARGEGRAPH_TEST_LOG_LEVEL'] ?? 'silent',
});

/** What the demo's first start leaves behind, made once a run: every ecosystem begins as a copy of it. */
async function copyDemo(dataFolder: string): Promise<TestDatabase> {
  const parent = process.env[testFolderVariable];
  if (parent === undefined) throw new Error('The tests’ folder is not there: run the tests with vitest.');
  const demo = join(parent, 'demo');
  const database = await copyTestDatabase('demo', async (url) => {
    await mkdir(demo, { recursive: true });
    const ecosystem = await startEcosystem({
      dataFolder: demo,
      postgres: postgresAt(url),
      host: '127.0.0.1',
      port: 0,
      logger,
    });
    await seedDemo(ecosystem, demo);
    await ecosystem.stop();
  });
  await cp(demo, dataFolder, { recursive: true });
  return database;
}

/** A database on the tests' own server, which outlives every ecosystem. */
const postgresAt = (url: string): NonNullable<EcosystemOptions['postgres']> => ({
  url,
  ended: new Promise(() => undefined),
  stop: () => Promise.resolve(),
});

/** Starts it in a temporary folder, with other limits or settings than the default ones if a test says so. */
export async function startTestEcosystem(
  settings: LimitDeps &
    Pick<EcosystemOptions, 'cpoContractLookup' | 'heartbeatInterval' | 'pingInterval' | 'revocation'> = {},
): Promise<TestEcosystem> {
  const folder = await temporaryFolder();
  const dataFolder = folder.path;
  const database = await copyDemo(dataFolder);
  const port = await freePort();
  const postgres = postgresAt(database.url);
  const start = () => startEcosystem({ dataFolder, postgres, host: '127.0.0.1', port, logger, ...settings });
  let ecosystem = await start();
  const { clients: credentials } = JSON.parse(
    await readFile(join(dataFolder, 'demo-credentials.json'), 'utf8'),
  ) as { clients: DemoCredentials };
  const pkis = await demoPkisOf(dataFolder);
  return {
    url: ecosystem.url,
    dataFolder,
    databaseUrl: database.url,
    pki: pkis.iso2,
    pkis,
    credentials,
    running: () => ecosystem,
    doors: (client) => openDoors(ecosystem.url, credentials[client]),
    restart: async (between) => {
      await ecosystem.stop();
      await between?.();
      ecosystem = await start();
    },
    stop: async () => {
      await ecosystem.stop();
      await database.drop();
      await folder.remove();
    },
  };
}
