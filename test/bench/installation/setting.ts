import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoCredentials } from '@chargegraph/cli';
import { createDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from '@chargegraph/database';
import { issueProvisioningCertificate, type DemoPki } from '@chargegraph/pki';
import { silentLogger as logger } from '@chargegraph/service';
import { requestOf } from '../../harness/car-requests.ts';
import { signOutside } from '../../harness/contract-data.ts';
import { layOutDistributed } from '../../harness/distributed.ts';
import { temporaryFolder } from '../../harness/folders.ts';
import { accessToken } from '../../harness/http.ts';
import { addRoots, openParties, prepareDatabase } from '../../harness/outsiders.ts';
import { newPcid, publishCarInput } from '../../harness/parties.ts';
import { freePort } from '../../harness/ports.ts';
import { publishData } from '../../harness/publish-events.ts';
import { startChargegraph, type ChargegraphProcess } from '../../harness/processes.ts';
import { fill } from './fill.ts';

/** An installation that runs, compiled, and answers cars. */
export interface Running {
  readonly url: string;
  /** The charge point operator's. */
  readonly token: string;
  /** By what they are: `gateway` first, beside it the pools that have processes of their own. */
  readonly processes: ReadonlyMap<string, ChargegraphProcess>;
  stop(): Promise<void>;
}

/** A data folder with so many contracts, on which the same installation runs in several processes and then in one. */
export interface Setting {
  /** Of the cars whose contracts are asked for, each a different one; base64. */
  readonly requests: readonly string[];
  /** One gateway and four pools, each a process; runs from the beginning. */
  readonly distributed: Running;
  /** Stops those and starts everything in one process. */
  startOneProcess(): Promise<Running>;
  clear(): Promise<void>;
}

/** One client asks for all, which is counted all the same, and nothing is cleansed meanwhile. */
const settings = (profiles: string | undefined) => ({
  NODE_ENV: 'production',
  CHARGEGRAPH_COST_PER_MINUTE: '999999999',
  CHARGEGRAPH_CLEANSE_AT: 'off',
  CHARGEGRAPH_LOG_LEVEL: 'warn',
  ...(profiles !== undefined && {
    CHARGEGRAPH_BENCH_PROFILES: profiles,
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'profile-probe.mjs')}`,
  }),
});

const publishCar = `mutation ($input: PublishProvisioningCertificateInput!) {
  publishProvisioningCertificate(input: $input) { userErrors { message } } }`;

type Parties = Awaited<ReturnType<typeof openParties>>;

/** A car with a contract, both published as partners do; its request in base64. */
async function publishCarWithContract({ oem, mo }: Parties, pki: DemoPki, index: number): Promise<string> {
  const pcid = newPcid();
  const car = await issueProvisioningCertificate(pki, { pcid });
  await oem.graphql(publishCar, { input: publishCarInput(pki, car.certificate) });
  const emaid = `EMP99C${String(index).padStart(8, '0')}`;
  await publishData(mo, pcid, await signOutside({ emaid, car: car.certificate, mo: pki, cps: pki }));
  return await requestOf(pki, car.certificate, car.privateKey);
}

/** Brings it up with so many contracts, of which those of so many cars are asked for. */
export async function startSetting(options: {
  readonly contracts: number;
  readonly cars: number;
  /** A folder for profiles; none are made unless given. */
  readonly profiles?: string | undefined;
}): Promise<Setting> {
  const folder = await temporaryFolder();
  const closing: (() => Promise<unknown>)[] = [() => folder.remove()];
  const clear = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await bringUp(options, folder.path, closing, clear);
  } catch (error) {
    await clear();
    throw error;
  }
}

async function bringUp(
  { contracts, cars, profiles }: Parameters<typeof startSetting>[0],
  folder: string,
  closing: (() => Promise<unknown>)[],
  clear: () => Promise<void>,
): Promise<Setting> {
  await mkdir(join(folder, 'postgres'), { recursive: true });
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    logger,
  });
  closing.push(() => postgres.stop());
  const credentials: DemoCredentials = await prepareDatabase(postgres.url);
  const place = await layOutDistributed({ databaseUrl: postgres.url, settings: settings(profiles) });
  closing.push(() => place.clear());
  const parts = await place.start();
  const pki = place.pkis.iso2;
  const parties = await openParties(place.gatewayUrl, credentials);
  await addRoots(parties.operator, pki);
  const requests: string[] = [];
  const lane = async () => {
    for (let index = requests.push('') - 1; index < cars; index = requests.push('') - 1)
      requests[index] = await publishCarWithContract(parties, pki, index);
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  requests.length = cars;

  // Only now: from here on the pools follow each other's logs, which do not tell of these.
  const database = createDatabase({ url: postgres.url, schema: 'ccp', logger, max: 2, statementTimeout: 0 });
  closing.push(() => database.close());
  await fill(database, Math.max(0, contracts - cars), pki);

  const gateway = parts.get('gateway');
  if (gateway === undefined) throw new Error('There is no gateway.');
  return {
    requests,
    distributed: {
      url: place.gatewayUrl,
      token: await accessToken(place.gatewayUrl, credentials['demo-cpo']),
      processes: new Map([['gateway', gateway], ...parts]),
      stop: () => place.clear(),
    },
    startOneProcess: async () => {
      await place.clear();
      // The other installation's keys: this one has a master key of its own.
      await database.execute('DELETE FROM identity.signing_key');
      await database.close();
      await postgres.stop();
      const url = `http://127.0.0.1:${await freePort()}`;
      const args = ['start', '--data', folder, '--port', new URL(url).port];
      const gateway = startChargegraph(args, { env: settings(profiles) });
      const stop = async () => {
        gateway.signal('SIGTERM');
        await gateway.ended;
      };
      closing.push(stop);
      await gateway.says(/ChargeGraph is running/, 120_000);
      const token = await accessToken(url, credentials['demo-cpo']);
      return { url, token, processes: new Map([['gateway', gateway]]), stop };
    },
    clear,
  };
}
