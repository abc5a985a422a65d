import type { Car, DemoClient, DemoCredentials, Doors } from '@chargegraph/cli';
import { openProxy, startTestRedis, type TcpProxy, type TestRedis } from '@chargegraph/events/testing';
import { createContractWriter, type ContractWriter } from '../harness/contract-writer.ts';
import { layOutDistributed, type Distributed } from '../harness/distributed.ts';
import { endOfLog } from '../harness/events.ts';
import { follow, type FollowedEvent, type Follower } from '../harness/follower.ts';
import { accessToken } from '../harness/http.ts';
import { addRoots, openParties, prepareDatabase } from '../harness/outsiders.ts';
import { startOwnPostgres, type OwnPostgres } from '../harness/own-postgres.ts';
import { publishNewCar } from '../harness/parties.ts';
import { makeVersions, publishData } from '../harness/publish-events.ts';
import { pause } from '../harness/wait.ts';

/** Two or three gateways and four pools on a PostgreSQL and a Redis that can be broken, with a writer and followers at work. */
export interface Installation {
  readonly postgres: OwnPostgres;
  readonly redis: TestRedis;
  /** Through which all processes reach Redis. */
  readonly proxy: TcpProxy;
  readonly place: Distributed;
  readonly operator: Doors;
  /** The car maker and the mobility operator, at the first gateway. */
  readonly oem: Doors;
  readonly mo: Doors;
  /** The car whose contracts all events are about. */
  readonly car: Car;
  readonly writer: ContractWriter;
  /** An OEM and an operator at each of the first two gateways. */
  readonly followers: readonly Follower[];
  /** Where the log ended when the followers began. */
  readonly start: string;
  /** A client's access token. */
  token(name: DemoClient): Promise<string>;
  /** Another follower, from a cursor. */
  follow(name: 'demo-oem' | 'demo-operator', gateway: number, after: string): Promise<Follower>;
  /** Publishes a contract as an MO does, again and again at either gateway until one of them says that it is done. */
  publish(): Promise<void>;
  clear(): Promise<void>;
}

/** What of a log a follower may hear. */
export const audible = (log: readonly FollowedEvent[], { name }: Pick<Follower, 'name'>): FollowedEvent[] =>
  name.startsWith('demo-oem') ? log.filter(({ type }) => type.startsWith('OEM_')) : [...log];

/** How it is set up. */
export interface InstallationOptions {
  /** Two unless given. */
  readonly gateways?: 2 | 3;
  /** Most events a second of the writer; as many as go unless given. */
  readonly rate?: number;
  /** How many contracts the writer changes. */
  readonly contracts: number;
  /** How often a contract can be published at most. */
  readonly publications: number;
  /** Settings of all processes, beside their own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with each event of each follower when it comes. */
  readonly onEvent?: (event: FollowedEvent) => void;
}

/** Sets it up; leaves nothing behind when that fails. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const closing: (() => Promise<unknown>)[] = [];
  const clear = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await bringUp(options, closing, clear);
  } catch (error) {
    await clear();
    throw error;
  }
}

async function bringUp(
  { contracts, gateways = 2, onEvent, rate, publications, settings }: InstallationOptions,
  closing: (() => Promise<unknown>)[],
  clear: () => Promise<void>,
): Promise<Installation> {
  const postgres = await startOwnPostgres();
  closing.push(() => postgres.clear());
  const redis = await startTestRedis();
  closing.push(() => redis.kill());
  const proxy = await openProxy(redis.port);
  closing.push(() => proxy.close());
  const credentials: DemoCredentials = await prepareDatabase(postgres.url);
  const place = await layOutDistributed({
    gateways,
    databaseUrl: postgres.url,
    settings: { ...settings, CHARGEGRAPH_REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
  });
  closing.push(() => place.clear());
  await place.start();
  const doors = await Promise.all(place.gatewayUrls.map((url) => openParties(url, credentials)));
  const [first] = doors;
  if (first === undefined) throw new Error('There is no gateway.');
  const pki = place.pkis.iso2;
  await addRoots(first.operator, pki);
  const car = await publishNewCar(first.oem, pki);
  const [made] = await makeVersions(pki, car, ['EMP99C99999999'], publications);
  const versions = [...(made?.data ?? [])];
  const writer = createContractWriter({
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    pcid: car.pcid,
    contracts,
    ...(rate !== undefined && { rate }),
  });
  closing.push(() => writer.close());
  const start = await endOfLog(first.operator);

  const tokens = new Map<DemoClient, Promise<string>>();
  const tokenOf: Installation['token'] = (name) => {
    const token = tokens.get(name) ?? accessToken(place.gatewayUrl, credentials[name]);
    tokens.set(name, token);
    return token;
  };
  const begin: Installation['follow'] = async (name, gateway, after) => {
    const url = place.gatewayUrls[gateway] ?? '';
    const token = await tokenOf(name);
    const follower = follow({
      name: `${name} at ${gateway}`,
      url,
      token,
      after,
      ...(onEvent && { onEvent }),
    });
    closing.push(() => follower.stop());
    return follower;
  };
  const followers = await Promise.all([
    begin('demo-oem', 0, start),
    begin('demo-operator', 0, start),
    begin('demo-oem', 1, start),
    begin('demo-operator', 1, start),
  ]);

  return {
    postgres,
    redis,
    proxy,
    place,
    operator: first.operator,
    oem: first.oem,
    mo: first.mo,
    car,
    writer,
    followers,
    start,
    token: tokenOf,
    follow: begin,
    publish: async () => {
      const data = versions.shift();
      if (data === undefined) throw new Error('There is no more to publish.');
      // The same again changes nothing, so whoever does not know may try again.
      for (let n = 0; ; n++) {
        try {
          await publishData((doors[n % 2] ?? first).mo, car.pcid, data);
          return;
        } catch (error) {
          if (n > 200) throw error;
          await pause(100);
        }
      }
    },
    clear,
  };
}
