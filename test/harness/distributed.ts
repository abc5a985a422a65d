import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { importDemoKeys, type DemoCredentials, type DemoPkis } from '@chargegraph/cli';
import { standalonePools, type StandalonePool } from '@chargegraph/graph';
import { createDemoPki, EncryptedFileKeyStore } from '@chargegraph/pki';
import { temporaryFolder } from './folders.ts';
import { freePort } from './ports.ts';
import { createTestDatabase } from './postgres.ts';
import { runChargegraph, startChargegraph, type ChargegraphProcess } from './processes.ts';

/** An installation of one gateway and four pools, each a process, on one PostgreSQL. */
export interface Distributed {
  readonly databaseUrl: string;
  readonly gatewayUrl: string;
  /** Door of a pool's process, for gateways only. */
  readonly poolUrl: (pool: StandalonePool) => string;
  /** Signs the tokens between its processes. */
  readonly internalSecret: Uint8Array;
  readonly pkis: DemoPkis;
  /** Settings of a process; change them to see what it says. */
  settings(part: StandalonePool | 'gateway'): Record<string, string>;
  /** `chargegraph migrate`. */
  migrate(): ReturnType<typeof runChargegraph>;
  /** `chargegraph client add` for each of the demo's parties. */
  addClients(): Promise<DemoCredentials>;
  /** Starts those of the five that do not run, and waits until they listen. */
  start(): Promise<ReadonlyMap<StandalonePool | 'gateway', ChargegraphProcess>>;
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
export async function layOutDistributed(): Promise<Distributed> {
  const database = await createTestDatabase();
  const folder = await temporaryFolder();
  const ports = { gateway: await freePort(), rcp: 0, pcp: 0, ccp: 0, cps: 0 };
  for (const pool of standalonePools) ports[pool] = await freePort();
  const internalSecret = randomBytes(32);
  const at = (part: StandalonePool | 'gateway') => `http://127.0.0.1:${ports[part]}`;
  const keys = { folder: join(folder.path, 'keys'), passphrase: randomBytes(24).toString('base64url') };
  const now = new Date();
  const pkis: DemoPkis = {
    iso2: await createDemoPki({ now }),
    iso20: await createDemoPki({ now, edition: '-20' }),
  };
  await importDemoKeys(new EncryptedFileKeyStore(keys), pkis);

  const common = (part: StandalonePool | 'gateway') => ({
    CHARGEGRAPH_DATABASE_URL: database.url,
    CHARGEGRAPH_INTERNAL_SECRET: internalSecret.toString('base64'),
    CHARGEGRAPH_PORT: String(ports[part]),
    CHARGEGRAPH_LOG_LEVEL: 'warn',
  });
  const masterKey = randomBytes(32).toString('base64');
  const settings: Distributed['settings'] = (part) =>
    part === 'gateway'
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

  const processes = new Map<StandalonePool | 'gateway', ChargegraphProcess>();
  const env = { CHARGEGRAPH_DATABASE_URL: database.url, CHARGEGRAPH_LOG_LEVEL: 'warn' };
  return {
    databaseUrl: database.url,
    gatewayUrl: at('gateway'),
    poolUrl: at,
    internalSecret,
    pkis,
    settings,
    migrate: () => runChargegraph(['migrate'], { env }),
    addClients: async () => {
      const added = Object.entries(clients).map(async ([id, { role, own }]) => {
        const args = [
          'client',
          'add',
          '--id',
          id,
          '--name',
          id,
          '--organisation',
          id,
          '--role',
          role,
          ...own,
        ];
        const { code, stdout, stderr } = await runChargegraph(args, { env });
        if (code !== 0) throw new Error(`client add ${id}: ${stderr}`);
        return [id, { ...(JSON.parse(stdout) as object), roles: [role] }] as const;
      });
      return Object.fromEntries(await Promise.all(added)) as unknown as DemoCredentials;
    },
    start: async () => {
      // The gateway first, and the pools in no order: nobody waits for anybody.
      for (const part of ['gateway', 'cps', 'ccp', 'pcp', 'rcp'] as const) {
        if (processes.get(part)?.isRunning() === true) continue;
        const args = part === 'gateway' ? ['gateway'] : ['subgraph', part];
        processes.set(part, startChargegraph(args, { env: settings(part) }));
      }
      await Promise.all([...processes.values()].map((each) => each.says(/listening on/)));
      return processes;
    },
    clear: async () => {
      await Promise.all([...processes.values()].map((each) => each.kill()));
      await database.drop();
      await folder.remove();
    },
  };
}
