import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '@chargegraph/identity';
import { forgetDeliveries, queueEvents, type QueueingStore } from './domain/queue-events.ts';
import { createQueueingStore } from './store/queueing.ts';
import { mo, oem, operator, service } from './testing/callers.ts';
import { consumersOf, type Consumers } from './testing/consumers.ts';
import type { Harness } from './testing/harness.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let scene: Scene;
let harness: Harness;
let consumers: Consumers;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
  consumers = consumersOf(harness);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  await look();
});

const ownStore = () => createQueueingStore(harness.database, () => undefined);
/** Looks through all that is logged. */
const look = async (store = ownStore(), stretch?: number) => {
  while (await queueEvents({ store, clock: harness.clock, ...(stretch && { stretch }) }));
};
const queued = async () =>
  (await consumers.told()).flatMap((each) =>
    each.startsWith('MO_CONTRACT_QUEUED_TO_OEM ') ? [each.split(' ')[1]] : [],
  );
/** Registers a consumer, and leaves it. */
const registered = async (caller: Caller = oem, name = 'main') => {
  const { cursor: _, ...lease } = await consumers.lease(caller, name);
  await consumers.mutate(service, 'releaseEventConsumer', lease);
};

describe('an event for a car maker', () => {
  it('waits, and its contract’s operator is told so, when it has consumers and none is connected', async () => {
    await registered();
    await registered(oem, 'second');
    await consumers.log(
      { emaid: 'A' },
      { emaid: 'A', type: 'OEM_CONTRACT_DELETED' },
      { emaid: 'B', wmi: 'WXX' },
      { emaid: 'A', type: 'MO_CONTRACT_DELIVERED_TO_OEM' },
    );
    await look();
    await look();
    expect(await queued()).toEqual(['A', 'A']);
    const event = (await harness.events()).find(({ type }) => type === 'MO_CONTRACT_QUEUED_TO_OEM');
    expect(event?.facts).toMatchObject({ emaid: 'A', wmi: 'WCG', providerId: 'DEABC' });
  });

  it('does not wait when it never had a consumer, when one is connected, or when all are past it', async () => {
    await registered({ ...mo, clientId: 'mo-1', wmis: new Set(['WCG']) });
    await consumers.log({ emaid: 'none' });
    await look();
    await registered();
    const lease = await consumers.lease({ ...oem, clientId: 'colleague' }, 'main');
    await consumers.log({ emaid: 'connected' });
    await look();
    const { cursor: _, ...held } = lease;
    await consumers.mutate(service, 'releaseEventConsumer', held);
    const [cursor] = await consumers.log({ emaid: 'past' });
    for (const clientId of [oem.clientId, 'colleague']) {
      await consumers.mutate(operator, 'redeliverEvents', { clientId, consumer: 'main', after: cursor });
    }
    await look();
    expect(await queued()).toEqual([]);
  });

  it('waits once a connection that vanished no longer counts', async () => {
    await consumers.lease(oem, 'main');
    harness.clock.advance(29_000);
    await consumers.log({ emaid: 'early' });
    await look();
    harness.clock.advance(1_000);
    await consumers.log({ emaid: 'late' });
    await look();
    expect(await queued()).toEqual(['late']);
  });

  it('is told of in the order of the log: waiting, then received', async () => {
    await registered();
    const [cursor] = await consumers.log({ emaid: 'A' });
    await look();
    await consumers.mutate(oem, 'acknowledgeEvents', { consumer: 'main', cursor });
    expect(await consumers.told()).toEqual([
      'MO_CONTRACT_QUEUED_TO_OEM A',
      'MO_CONTRACT_CREATED_SENT_TO_OEM A',
    ]);
  });

  it('is found by the pool itself as soon as it is logged', async () => {
    await registered();
    await scene.publishData();
    await expect.poll(queued, { timeout: 10_000, interval: 20 }).toEqual([emaid]);
  });
});

describe('looking through the log', () => {
  const ids = Array.from({ length: 30 }, (_, n) => `E${String(n).padStart(2, '0')}`);

  it('tells all once when several processes do it at the same time, in stretches of any length', async () => {
    await registered();
    await consumers.log(...ids.map((id) => ({ emaid: id })));
    await Promise.all([look(ownStore(), 3), look(ownStore(), 7), look()]);
    await look();
    expect(await queued()).toEqual(ids);
  });

  it('goes on where it was when it was killed, and tells nothing twice', async () => {
    await registered();
    await consumers.log(...ids.map((id) => ({ emaid: id })));
    let calls = 0;
    const real = ownStore();
    const failing: QueueingStore = {
      ...real,
      transaction: (work) =>
        real.transaction(async (tx) => {
          const result = await work(tx);
          if (calls++ % 2 === 1) throw new Error('killed');
          return result;
        }),
    };
    for (let tries = 0; tries < 20; tries++) await look(failing, 4).catch(() => undefined);
    await look();
    expect(await queued()).toEqual(ids);
  });

  it('goes on with the same positions after the log got a new id, as after a restore', async () => {
    await consumers.log({ emaid: 'before' });
    await look();
    await harness.database.execute('UPDATE log_head SET log_id = gen_random_uuid()');
    await registered();
    await consumers.log({ emaid: 'after' });
    await look();
    expect(await queued()).toEqual(['after']);
  });

  it('forgets what was told of events that are no longer kept, and nothing else', async () => {
    await registered();
    await consumers.log({ emaid: 'A' }, { emaid: 'B' }, { emaid: 'C' });
    await look();
    const kept = async () =>
      (await harness.database.query<{ position: string }>('SELECT position FROM event_delivery ORDER BY 1'))
        .length;
    expect(await kept()).toBe(3);
    await harness.database.execute(`DELETE FROM log WHERE facts->>'emaid' IN ('A', 'B')`);
    await forgetDeliveries({ store: ownStore(), clock: harness.clock }, () => true);
    expect(await kept()).toBe(1);
    await harness.database.execute('DELETE FROM log');
    await forgetDeliveries({ store: ownStore(), clock: harness.clock }, () => true);
    expect(await kept()).toBe(0);
  });
});
