import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { importDemoKeys, type DemoCredentials, type DemoPkis } from '@chargegraph/cli';
import type { StandalonePool } from '@chargegraph/graph';
import { createDemoPki, EncryptedFileKeyStore } from '@chargegraph/pki';
import { temporaryFolder } from './folders.ts';
import { runClientHere } from './commands.ts';
import { freePort } from './ports.ts';
import { createTestDatabase } from './postgres.ts';
import { runChargegraph, startChargegraph, type ChargegraphProcess } from './processes.ts';

/** A process of an installation. */
export type Part = StandalonePool | Gateway;
type Gateway = 'gateway' | 'gateway-2' | 'gateway-3';

const allGateways: readonly Gateway[] = ['gateway', 'gateway-2', 'gateway-3'];
const isGateway = (part: Part): part is Gateway => (allGateways as readonly Part[]).includes(part);

/** What an installation runs on, where it is not the default. */
export interface Layout {
  /** One unless given. */
  readonly gateways?: 1 | 2 | 3;
  /** A fresh database of the tests' PostgreSQL unless given. */
  readonly databaseUrl?: string;
  /** Settings of all its processes beside their own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** And of single ones. */
  readonly settingsOf?: Partial<Record<Part, Readonly<Record<string, string>>>>;
}

/** An installation of one to three gateways and four pools, each a process, on one PostgreSQL. */
export interface Distributed {
  readonly databaseUrl: string;
  /** Door of the first gateway. */
  readonly gatewayUrl: string;
  readonly gatewayUrls: readonly string[];
  /** Door of a pool's process, for gateways only. */
  readonly poolUrl: (pool: StandalonePool) => string;
  /** Signs the tokens between its processes. */
  readonly internalSecret: Uint8Array;
  readonly pkis: DemoPkis;
  /** Settings of a process; change them to see what it says. */
  settings(part: Part): Record<string, string>;
  /** `chargegraph migrate`. */
  migrate(): ReturnType<typeof runChargegraph>;
  /** What `chargegraph client add` does, for each of the demo's parties. */
  addClients(): Promise<DemoCredentials>;
  /** Starts those that do not run, and waits until they listen. */
  start(): Promise<ReadonlyMap<Part, ChargegraphProcess>>;
  /** Starts one that does not run, and waits until it listens. */
  startOne(part: Part): Promise<void>;
  /** Ends one as a crash does. */
  kill(part: Part): Promise<void>;
  /** Kills what still runs and removes everything. */
  clear(): Promise<void>;
}

const clients = {
  'demo-oem': { role: 'OEM', own: ['--wmi', 'WMI'] },
  'demo-mo': { role: 'MO', own: ['--provider-id', 'EMP99'] },
  'demo-cpo': { role: 'CPO', own: [] },
  'demo-cps': { role: 'CPS', own: [] },
  'demo-operator': { role: 'OPERATOR', own: [] },
} as const;

/** Lays it out: a fresh database, ports, secrets, the signer's key in a key store. Nothing runs yet. */
export async function layOutDistributed(layout: Layout = {}): Promise<Distributed> {
  const database =
    layout.databaseUrl === undefined
      ? await createTestDatabase()
      : { url: layout.databaseUrl, drop: () => Promise.resolve() };
  const folder = await temporaryFolder();
  const ports = { gateway: 0, 'gateway-2': 0, 'gateway-3': 0, rcp: 0, pcp: 0, ccp: 0, cps: 0 };
  for (const part of Object.keys(ports) as Part[]) ports[part] = await freePort();
  const gateways: readonly Part[] = allGateways.slice(0, layout.gateways ?? 1);
  const internalSecret = randomBytes(32);
  const at = (part: Part) => `http://127.0.0.1:${ports[part]}`;
  const keys = { folder: join(folder.path, 'keys'), passphrase: randomBytes(24).toString('base64url') };
  const now = new Date();
  const pkis: DemoPkis = {
    iso2: await createDemoPki({ now }),
    iso20: await createDemoPki({ now, edition: '-20' }),
  };
  await importDemoKeys(new EncryptedFileKeyStore(keys), pkis);

  const common = (part: Part) => ({
    ...layout.settings,
    ...layout.settingsOf?.[part],
    CHARGEGRAPH_DATABASE_URL: database.url,
    CHARGEGRAPH_INTERNAL_SECRET: internalSecret.toString('base64'),
    CHARGEGRAPH_PORT: String(ports[part]),
    CHARGEGRAPH_LOG_LEVEL: 'warn',
  });
  const masterKey = randomBytes(32).toString('base64');
  const settings: Distributed['settings'] = (part) =>
    isGateway(part)
      ? {
          ...common(part),
          CHARGEGRAPH_MASTER_KEY: masterKey,
          CHARGEGRAPH_ISSUER: at('gateway'),
          CHARGEGRAPH_RCP_URL: at('rcp'),
          CHARGEGRAPH_PCP_URL: at('pcp'),
          CHARGEGRAPH_CCP_URL: at('ccp'),
          CHARGEGRAPH_CPS_URL: at('cps'),
        }
      : {
          ...common(part),
          CHARGEGRAPH_GATEWAY_URL: at('gateway'),
          ...(part === 'cps' && {
            CHARGEGRAPH_KEYS: keys.folder,
            CHARGEGRAPH_KEY_PASSPHRASE: keys.passphrase,
          }),
        };

  const processes = new Map<Part, ChargegraphProcess>();
  const launch = (part: Part): void => {
    if (processes.get(part)?.isRunning() === true) return;
    const args = gateways.includes(part) ? ['gateway'] : ['subgraph', part];
    processes.set(part, startChargegraph(args, { env: settings(part) }));
  };
  // Six of them at once, on a machine that does other things too.
  const listens = async (part: Part) => void (await processes.get(part)?.says(/listening on/, 90_000));
  const env = { CHARGEGRAPH_DATABASE_URL: database.url, CHARGEGRAPH_LOG_LEVEL: 'warn' };
  return {
    databaseUrl: database.url,
    gatewayUrl: at('gateway'),
    gatewayUrls: gateways.map(at),
    poolUrl: at,
    internalSecret,
    pkis,
    settings,
    migrate: () => runChargegraph(['migrate'], { env }),
    addClients: async () => {
      const added = Object.entries(clients).map(async ([id, { role, own }]) => {
        const args = ['add', '--id', id, '--name', id, '--organisation', id, '--role', role, ...own];
        const { code, stdout, stderr } = await runClientHere(args, env);
        if (code !== 0) throw new Error(`client add ${id}: ${stderr}`);
        return [id, { ...(JSON.parse(stdout) as object), roles: [role] }] as const;
      });
      return Object.fromEntries(await Promise.all(added)) as unknown as DemoCredentials;
    },
    start: async () => {
      // The gateways first, and the pools in no order: nobody waits for anybody.
      const parts: readonly Part[] = [...gateways, 'cps', 'ccp', 'pcp', 'rcp'];
      for (const part of parts) launch(part);
      await Promise.all(parts.map(listens));
      return processes;
    },
    startOne: async (part) => {
      launch(part);
      await listens(part);
    },
    kill: async (part) => {
      await processes.get(part)?.kill();
    },
    clear: async () => {
      await Promise.all([...processes.values()].map((each) => each.kill()));
      await database.drop();
      await folder.remove();
    },
  };
}
