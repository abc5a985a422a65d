import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeEmaid, type Car, type DemoCredentials, type Doors } from '@chargegraph/cli';
import { hasRedis, startTestRedis, type TestRedis } from '@chargegraph/events/testing';
import { layOutDistributed, type Distributed } from '../harness/distributed.ts';
import { endOfLog } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { addRoots, openParties, prepareDatabase } from '../harness/outsiders.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';
import { publishNewCar } from '../harness/parties.ts';
import { makeVersions, publishData } from '../harness/publish-events.ts';
import { subscriber, type Subscriber } from '../harness/subscriber.ts';
import { eventually, pause } from '../harness/wait.ts';
import { consume, consumersOf, hear, mustDo, toldBy } from './scene.ts';

const takenOver = 4452;

describe.skipIf(!hasRedis)('named consumers at two gateways', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let place: Distributed;
  let credentials: DemoCredentials;
  let parties: Record<'oem' | 'mo' | 'operator', Doors>;
  let car: Car;
  let versions: readonly string[];
  let emaid: string;
  let published = 0;
  const open: Subscriber[] = [];

  beforeAll(async () => {
    redis = await startTestRedis();
    database = await createTestDatabase();
    credentials = await prepareDatabase(database.url);
    place = await layOutDistributed({
      gateways: 2,
      databaseUrl: database.url,
      // So long that only Redis can have carried what comes sooner.
      settings: { CHARGEGRAPH_REDIS_URL: redis.url, CHARGEGRAPH_POLL_INTERVAL: '60000' },
    });
    await place.start();
    parties = await openParties(place.gatewayUrl, credentials);
    await addRoots(parties.operator, place.pkis.iso2);
    car = await publishNewCar(parties.oem, place.pkis.iso2);
    const [made] = await makeVersions(place.pkis.iso2, car, [makeEmaid()], 8);
    versions = made?.data ?? [];
    emaid = made?.emaid ?? '';
  }, 150_000);
  afterAll(async () => {
    // One of them still tries to reach the gateway that is gone.
    await Promise.allSettled(open.map(async ({ client }) => await client.dispose()));
    await place.clear();
    await database.drop();
    await redis.kill();
  });

  const connect = async (gateway: number, party: 'demo-oem' | 'demo-mo' = 'demo-oem') => {
    const url = place.gatewayUrls[gateway] ?? '';
    const token = await accessToken(url, credentials[party]);
    const made = subscriber(
      url,
      () => token,
      (code) => code !== takenOver,
    );
    open.push(made);
    return made;
  };
  const publish = () => publishData(parties.mo, car.pcid, versions[published++] ?? '');
  const connected = (is: boolean) =>
    eventually('it is connected or not', async () => {
      const [shown] = await consumersOf(parties.oem, { name: 'main' });
      return shown?.connected === is;
    });

  it('are taken over from the other gateway at once, which closes the older connection with 4452', async () => {
    const older = await connect(1);
    const had = consume(older.client, 'main');
    await connected(true);
    await publish();
    const [event] = await had.events(1);
    expect(event).toMatchObject({ type: 'OEM_CONTRACT_CREATED', emaid });
    const newer = await connect(0);
    const has = consume(newer.client, 'main');
    await eventually('the older one is closed', () => older.closings.length > 0, 5_000);
    expect(older.closings).toEqual([{ code: takenOver, reason: 'Taken over by a newer connection' }]);
    // What was not acknowledged is told again.
    expect(await has.events(1)).toMatchObject([{ id: event?.id }]);
    await mustDo(parties.oem, 'acknowledgeEvents', { consumer: 'main', cursor: event?.cursor });
    await publish();
    expect(await has.events(1)).toMatchObject([{ type: 'OEM_CONTRACT_UPDATED' }]);
    expect(had.results).toHaveLength(1);
    await newer.client.dispose();
    await connected(false);
  }, 40_000);

  it('of a gateway that was killed are had at the other one at once, behind what was acknowledged, each event heard once', async () => {
    const heardByMo = hear((await connect(0, 'demo-mo')).client, await endOfLog(parties.operator));
    const first = await connect(1);
    const had = consume(first.client, 'main');
    const [missed] = await had.events(1);
    await mustDo(parties.oem, 'acknowledgeEvents', { consumer: 'main', cursor: missed?.cursor });
    await publish();
    await had.events(1);
    // Not the one that the pools ask.
    await place.kill('gateway-2');
    // Its lease runs on.
    await connected(true);
    const second = await connect(0);
    const has = consume(second.client, 'main');
    expect(await has.events(1)).toMatchObject([{ type: 'OEM_CONTRACT_UPDATED', emaid }]);
    await publish();
    const [last] = await has.events(1);
    await mustDo(parties.oem, 'acknowledgeEvents', { consumer: 'main', cursor: last?.cursor });
    await eventually('the mobility operator hears', () => toldBy(heardByMo).length >= 3);
    await pause(500);
    expect(toldBy(heardByMo)).toEqual(Array(3).fill(`MO_CONTRACT_UPDATED_SENT_TO_OEM ${emaid}`));
    expect(second.closings).toEqual([]);
    await second.client.dispose();
    await connected(false);
    await publish();
    await eventually('the mobility operator hears of what waits', () => toldBy(heardByMo).length >= 4);
    expect(toldBy(heardByMo).at(-1)).toBe(`MO_CONTRACT_QUEUED_TO_OEM ${emaid}`);
  }, 60_000);
});
