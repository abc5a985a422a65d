import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '@chargegraph/service';
import { followProvisioning, type Following } from './domain/follow-provisioning.ts';
import { createProvisioningPool } from './pools/provisioning-pool.ts';
import { createFollowingStore } from './store/following.ts';
import type { Harness } from './testing/harness.ts';
import { startScene, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
  await harness.followed();
  // The tests do what its own consumer does.
  await harness.ccp.stop();
});
afterAll(() => harness.stop());

const pcids = [1, 2, 3, 4, 5].map((last) => `WCGTEST000000000${String(last)}`);

/** Cars that are known and gone, and a log that cannot be followed. */
beforeEach(async () => {
  await scene.reset();
  for (const pcid of pcids) {
    await harness.database.execute("INSERT INTO car_epoch VALUES ($1, 'ISO15118_2', 1)", [pcid]);
  }
  harness.pools.cars.clear();
  harness.pools.log.append(
    { pcid: pcids[0] ?? '', namespace: 'ISO15118_2' },
    'PROVISIONING_CERTIFICATE_DELETED',
  );
  harness.pools.log.prune(harness.pools.log.head);
  // Not the last one, or the log would end where it can be followed.
  await harness.database.execute("UPDATE consumer_cursor SET position = 0 WHERE name = 'pcp'");
  harness.pools.log.append(
    { pcid: pcids[0] ?? '', namespace: 'ISO15118_2' },
    'PROVISIONING_CERTIFICATE_DELETED',
  );
  harness.pools.calls.length = 0;
});

const following = (pageSize = 2): Following => ({
  pcp: createProvisioningPool(harness.pools.client),
  store: createFollowingStore({ database: harness.database, onEvent: () => undefined }),
  clock: harness.clock,
  logger: silentLogger,
  pageSize,
});

/** PCP answers so many times for a car, and then is away. */
function answering(times: number): Following {
  const real = following();
  let left = times;
  return {
    ...real,
    pcp: {
      ...real.pcp,
      epochOf: (car) => {
        if (left-- <= 0) throw new Error('away');
        return real.pcp.epochOf(car);
      },
    },
  };
}

const asked = () => harness.pools.calls.filter(({ field }) => field === 'provisioningCertificate').length;
const closed = async () =>
  (
    await harness.database.query<{ pcid: string }>('SELECT pcid FROM car_epoch WHERE closed ORDER BY pcid')
  ).map(({ pcid }) => pcid);
const position = async () => {
  const [row] = await harness.database.query<{ position: string }>(
    "SELECT position FROM consumer_cursor WHERE name = 'pcp'",
  );
  return Number(row?.position);
};

describe('a comparison of all cars that is broken off', () => {
  it('goes on with those that were not compared, however often PCP goes away', async () => {
    // Two cars are a page: what is left of one is done again.
    for (const { times, done, calls } of [
      { times: 3, done: 3, calls: 3 },
      { times: 2, done: 4, calls: 5 },
    ]) {
      await expect(followProvisioning(answering(times))).rejects.toThrow('away');
      expect(await closed()).toEqual(pcids.slice(0, done));
      expect(asked()).toBe(calls);
      expect(await position()).toBe(0);
    }
    await followProvisioning(following());
    expect(await position()).toBe(harness.pools.log.head);
    expect(asked()).toBe(6);
    expect(await harness.database.query('SELECT FROM comparison')).toEqual([]);
  });

  it('ends soon when the pool is to stop', async () => {
    let cars = 0;
    await followProvisioning(following(), () => cars++ < 3);
    expect(await closed()).toEqual(pcids.slice(0, 3));
    expect(await position()).toBe(0);
    await followProvisioning(following());
    expect(await closed()).toEqual(pcids);
  });

  it('begins anew when PCP was restored since: its log is another one', async () => {
    await expect(followProvisioning(answering(3))).rejects.toThrow('away');
    harness.pools.log.save()();
    harness.pools.calls.length = 0;
    await followProvisioning(following());
    expect(asked()).toBe(5);
    expect(await position()).toBe(harness.pools.log.head);
  });
});

it('a step over many events ends soon when the pool is to stop', async () => {
  await followProvisioning(following());
  const { log } = harness.pools;
  for (let event = 0; event < 4; event++) {
    log.append({ pcid: pcids[1] ?? '', namespace: 'ISO15118_2' }, 'PROVISIONING_CERTIFICATE_FACTORY_RESET');
  }
  let events = 0;
  expect(await followProvisioning(following(), () => events++ < 1)).toBe(true);
  expect(await position()).toBe(log.head - 3);
  await followProvisioning(following());
  expect(await position()).toBe(log.head);
});
