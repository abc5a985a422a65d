import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { silentLogger } from '@chargegraph/service';
import type { Namespace } from './domain/contract.ts';
import {
  followProvisioning,
  type FollowingStore,
  type FollowingTransaction,
} from './domain/follow-provisioning.ts';
import { createProvisioningPool } from './pools/provisioning-pool.ts';
import { createFollowingStore } from './store/following.ts';
import { mo, otherMo } from './testing/callers.ts';
import type { Harness } from './testing/harness.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';
import type { CarEventType } from './testing/provisioning-log.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  await harness.followed();
});

const namespace: Namespace = 'ISO15118_2';
const keyOf = (car: { readonly pcid: string }) => ({ pcid: car.pcid.toUpperCase(), namespace });

function happens(type: CarEventType, car = scene.car, keyChanged = false): void {
  harness.pools.log.append(keyOf(car), type, { keyChanged });
}

/** Signed once: it is what the tests do with it that counts. */
const signed = new Map<string, string>();

async function publishFor(id: string, car = scene.car): Promise<void> {
  const caller = id.startsWith('DEABC') ? mo : otherMo;
  const key = `${id} ${car.pcid}`;
  const data = signed.get(key) ?? (await scene.data({ emaid: id, car }));
  signed.set(key, data);
  const answer = await scene.publishAs(caller, data, car.pcid);
  expect(answer).toMatchObject({ userErrors: [], errors: undefined });
}

/** The same following as the pool's own, step by step. */
const following = (store: FollowingStore) => ({
  pcp: createProvisioningPool(harness.pools.client),
  store,
  clock: harness.clock,
  logger: silentLogger,
});
const ownStore = () => createFollowingStore({ database: harness.database, onEvent: () => undefined });

/** What the tables hold, without what tells only how it came about. */
const state = async () => ({
  contracts: await harness.database.query('SELECT emaid_key, pcid FROM contract ORDER BY emaid_key'),
  data: await harness.database.query(
    'SELECT emaid_key, namespace, epoch FROM signed_contract_data ORDER BY emaid_key, namespace',
  ),
  defaults: await harness.database.query('SELECT * FROM contract_default ORDER BY pcid, namespace'),
  epochs: await harness.database.query('SELECT * FROM car_epoch ORDER BY pcid, namespace'),
  toRevoke: await harness.database.query(
    'SELECT contract_fingerprint, emaid, cause FROM revocation_request ORDER BY contract_fingerprint',
  ),
  cursor: await harness.database.query("SELECT position FROM consumer_cursor WHERE name = 'pcp'"),
  events: (await harness.events()).map(({ type, facts }) => [type, facts['emaid'], facts['namespaces']]),
  audit: (await harness.writes()).map(({ action, object, clientId }) => ({ action, object, clientId })),
});

describe('what happens to a provisioning certificate', () => {
  it.each<[CarEventType, boolean, string]>([
    ['PROVISIONING_CERTIFICATE_UPDATED', true, 'MO_PROV_CERT_UPDATED'],
    ['PROVISIONING_CERTIFICATE_DELETED', false, 'MO_PROV_CERT_DELETED'],
    ['PROVISIONING_CERTIFICATE_FACTORY_RESET', false, 'MO_PROV_CERT_FACTORY_RESET'],
  ])('%s (key changed: %s) removes the contracts of the car and tells %s', async (type, changed, told) => {
    await publishFor(emaid);
    await publishFor('DEXYZC00000001');
    await publishFor('DEABCC00000002', scene.otherCar);
    happens(type, scene.car, changed);
    await harness.followed();
    const { contracts, data, defaults, events, audit } = await state();
    expect(contracts).toEqual([{ emaid_key: 'DEABCC00000002', pcid: scene.otherCar.pcid }]);
    expect(data).toMatchObject([{ emaid_key: 'DEABCC00000002' }]);
    expect(defaults).toMatchObject([{ emaid_key: 'DEABCC00000002' }]);
    expect(events.slice(3)).toEqual([
      ['OEM_CONTRACT_DELETED', emaid, [namespace]],
      [told, emaid, [namespace]],
      ['OEM_CONTRACT_DELETED', 'DEXYZC00000001', [namespace]],
      [told, 'DEXYZC00000001', [namespace]],
    ]);
    expect(audit.filter(({ action }) => action === 'cascade')).toEqual([
      { action: 'cascade', object: `Contract ${emaid}`, clientId: 'ccp' },
      { action: 'cascade', object: 'Contract DEXYZC00000001', clientId: 'ccp' },
    ]);
  });

  it('removes nothing when the same key is renewed, and on a first publication', async () => {
    await publishFor(emaid);
    const before = await harness.snapshot();
    happens('PROVISIONING_CERTIFICATE_UPDATED');
    await harness.followed();
    expect(await harness.snapshot()).toEqual(before);
  });

  it('leaves the data of the other generation, and with it the contract', async () => {
    await publishFor(emaid);
    await harness.database.execute(
      `INSERT INTO signed_contract_data SELECT emaid_key, 'ISO15118_20', v2g_root_fingerprint, v2g_root_subject,
         v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at
         FROM signed_contract_data`,
    );
    happens('PROVISIONING_CERTIFICATE_DELETED');
    await harness.followed();
    const { contracts, data, defaults, events } = await state();
    expect(contracts).toHaveLength(1);
    expect(data).toMatchObject([{ namespace: 'ISO15118_20' }]);
    expect(defaults).toEqual([]);
    expect(events.slice(1)).toEqual([
      ['OEM_CONTRACT_DELETED', emaid, [namespace]],
      ['MO_PROV_CERT_DELETED', emaid, [namespace]],
    ]);
  });

  it('is carried out after PCP was away, without anybody waiting for it', async () => {
    await publishFor(emaid);
    harness.pools.isDown = true;
    happens('PROVISIONING_CERTIFICATE_DELETED');
    await expect(followProvisioning(following(ownStore()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await harness.ccp.health();
    harness.pools.isDown = false;
    await harness.followed();
    expect((await state()).contracts).toEqual([]);
  });
});

describe('publishing while a car changes', () => {
  it('is refused when PCP was asked before the change and it is carried out first', async () => {
    await publishFor(emaid);
    const signed = await scene.data({ emaid: 'DEABCC00000002' });
    const { log } = harness.pools;
    const epoch = log.epochOf(keyOf(scene.car));
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    await harness.followed();
    const before = await harness.snapshot();
    // As PCP answered before the reset.
    const { epochOf } = log;
    log.epochOf = () => epoch;
    const answer = await scene.publishAs(mo, signed).finally(() => (log.epochOf = epochOf));
    expect(answer).toMatchObject({
      contract: null,
      userErrors: [
        {
          code: 'CONFLICT',
          path: ['input', 'pcid'],
          message: expect.stringContaining('changed meanwhile; try again') as string,
        },
      ],
    });
    expect(await harness.snapshot()).toEqual(before);
    expect((await scene.publishAs(mo, signed)).userErrors).toEqual([]);
  });

  it('keeps what was published after the change though the change is carried out later', async () => {
    await publishFor(emaid);
    const first = await scene.data({ emaid: 'DEABCC00000002' });
    await scene.publishAs(mo, first);
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    // The same content again, for the car as it is now: the first contract that counts.
    const again = await scene.publishAs(mo, first);
    expect(again).toMatchObject({ userErrors: [], contract: { isDefault: true } });
    await harness.followed();
    const { contracts, defaults, events } = await state();
    expect(contracts).toMatchObject([{ emaid_key: 'DEABCC00000002' }]);
    expect(defaults).toMatchObject([{ emaid_key: 'DEABCC00000002' }]);
    expect(events.slice(2)).toEqual([
      ['OEM_CONTRACT_UPDATED', 'DEABCC00000002', [namespace]],
      ['OEM_CONTRACT_DELETED', emaid, [namespace]],
      ['MO_PROV_CERT_FACTORY_RESET', emaid, [namespace]],
    ]);
  });

  it('tells of a contract that lost a variant and kept a newer one of the same generation', async () => {
    harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
    await publishFor(emaid);
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    await scene.publishData({ signer: scene.otherPki.cps });
    await harness.followed();
    const { data, defaults, events } = await state();
    expect(data).toHaveLength(1);
    expect(defaults).toMatchObject([{ emaid_key: emaid }]);
    expect(events.slice(2)).toEqual([
      ['OEM_CONTRACT_UPDATED', emaid, [namespace]],
      ['MO_PROV_CERT_FACTORY_RESET', emaid, [namespace]],
    ]);
  });

  it('leaves no data of an old key behind, whatever the order of publications, resets and looks at the log', async () => {
    const signed = await Promise.all(
      [1, 2, 3].map((index) => scene.data({ emaid: `DEABCC0000000${String(index)}` })),
    );
    // Answers overtake each other, and what happens in between.
    harness.pools.delay = () => delay(Math.random() * 30);
    for (let round = 0; round < 12; round++) {
      const acts = Array.from({ length: 9 }, (_, index) => async () => {
        if (index % 3 === 2) {
          await delay(Math.random() * 30);
          happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
          await followProvisioning(following(ownStore()));
        } else {
          await scene.publishAs(mo, signed[(round + index) % 3] ?? '');
        }
      });
      await Promise.all(acts.map((act) => act()));
      await harness.followed();
      const present = harness.pools.log.epochOf(keyOf(scene.car));
      const { data, contracts, defaults } = await state();
      for (const row of data as { epoch: string }[]) expect(BigInt(row.epoch)).toBe(present);
      expect(contracts).toHaveLength(data.length);
      expect(defaults).toHaveLength(contracts.length === 0 ? 0 : 1);
    }
  });
});

describe('following PCP’s log', () => {
  /** A store whose transactions break down at the call with this number, as if the process had been killed. */
  function failing(at: number): FollowingStore {
    let calls = 0;
    const real = ownStore();
    const strike = () => {
      if (calls++ === at) throw new Error('killed');
    };
    return {
      ...real,
      transaction: (work) =>
        real.transaction(async (tx) => {
          const striking = Object.fromEntries(
            Object.entries(tx).map(([name, method]) => [
              name,
              async (...args: unknown[]) => {
                strike();
                const result: unknown = await (method as (...args: unknown[]) => unknown)(...args);
                strike();
                return result;
              },
            ]),
          ) as unknown as FollowingTransaction;
          return work(striking);
        }),
    };
  }

  async function prepare(): Promise<void> {
    await scene.reset();
    await harness.followed();
    await publishFor(emaid);
    await publishFor('DEXYZC00000001');
    await publishFor('DEABCC00000002', scene.otherCar);
  }

  function somethingHappens(): void {
    happens('PROVISIONING_CERTIFICATE_UPDATED');
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    happens('PROVISIONING_CERTIFICATE_UPDATED', scene.otherCar, true);
    happens('PROVISIONING_CERTIFICATE_DELETED');
    happens('PROVISIONING_CERTIFICATE_UPDATED');
  }

  it('comes to the same end wherever it is killed, and tells nothing twice', async () => {
    const relative = async () => {
      const { cursor, epochs, ...rest } = await state();
      const { head } = harness.pools.log;
      return {
        ...rest,
        behind: cursor.map((row) => head - Number((row as { position: string }).position)),
        epochs: (epochs as { epoch: string }[]).map(
          ({ epoch }) => BigInt(epoch) === harness.pools.log.epochOf(keyOf(scene.car)),
        ),
      };
    };
    await prepare();
    somethingHappens();
    await followProvisioning(following(ownStore()));
    const expected = await relative();
    expect(expected).toMatchObject({ contracts: [], behind: [0] });
    expect(expected.events).toHaveLength(3 + 6);
    await fc.assert(
      fc.asyncProperty(fc.nat(60), async (at) => {
        await prepare();
        somethingHappens();
        await followProvisioning(following(failing(at))).catch((error: unknown) => {
          expect(error).toMatchObject({ message: 'killed' });
        });
        await followProvisioning(following(ownStore()));
        expect(await relative()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('does each event once when two follow at the same time', async () => {
    await prepare();
    somethingHappens();
    await Promise.all([1, 2, 3].map(() => followProvisioning(following(ownStore()))));
    while (await followProvisioning(following(ownStore())));
    const { events } = await state();
    expect(events).toHaveLength(3 + 6);
  });

  it('compares all cars when the log was pruned behind the cursor', async () => {
    await prepare();
    harness.pools.cars.delete(keyOf(scene.otherCar).pcid);
    happens('PROVISIONING_CERTIFICATE_DELETED', scene.otherCar);
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    harness.pools.log.prune(harness.pools.log.head);
    await harness.followed();
    const { contracts, events } = await state();
    expect(contracts).toEqual([]);
    expect(events.slice(3).map(([type, id]) => [type, id])).toEqual([
      ['OEM_CONTRACT_DELETED', emaid],
      ['MO_PROV_CERT_UPDATED', emaid],
      ['OEM_CONTRACT_DELETED', 'DEXYZC00000001'],
      ['MO_PROV_CERT_UPDATED', 'DEXYZC00000001'],
      ['OEM_CONTRACT_DELETED', 'DEABCC00000002'],
      ['MO_PROV_CERT_DELETED', 'DEABCC00000002'],
    ]);
    // And goes on from there.
    await publishFor(emaid);
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    await harness.followed();
    expect((await state()).contracts).toEqual([]);
  });

  it('stores nothing for a car that was gone when it was compared', async () => {
    await prepare();
    const before = harness.pools.log.epochOf(keyOf(scene.otherCar));
    const gone = harness.pools.cars.get(keyOf(scene.otherCar).pcid);
    harness.pools.cars.delete(keyOf(scene.otherCar).pcid);
    happens('PROVISIONING_CERTIFICATE_DELETED', scene.otherCar);
    harness.pools.log.prune(harness.pools.log.head);
    await harness.followed();
    // As PCP answered before the deletion.
    if (gone !== undefined) harness.pools.cars.set(keyOf(scene.otherCar).pcid, gone);
    const { log } = harness.pools;
    const { epochOf } = log;
    const signed = await scene.data({ emaid: 'DEABCC00000002', car: scene.otherCar });
    log.epochOf = () => before;
    const late = await scene
      .publishAs(mo, signed, scene.otherCar.pcid)
      .finally(() => (log.epochOf = epochOf));
    expect(late.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    happens('PROVISIONING_CERTIFICATE_PUBLISHED', scene.otherCar);
    expect((await scene.publishAs(mo, signed, scene.otherCar.pcid)).userErrors).toEqual([]);
  });

  it('removes what was stored in a time that PCP lost by a restore, and takes its epochs anew', async () => {
    await prepare();
    const restore = harness.pools.log.save();
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    await harness.followed();
    await publishFor(emaid);
    const lost = harness.pools.log.epochOf(keyOf(scene.car));
    restore();
    expect(harness.pools.log.epochOf(keyOf(scene.car))).toBeLessThan(lost);
    await harness.followed();
    expect((await state()).contracts).toEqual([
      { emaid_key: 'DEABCC00000002', pcid: keyOf(scene.otherCar).pcid },
    ]);
    await publishFor(emaid);
  });

  it('keeps data from before there were epochs, and has it go with the next change', async () => {
    await prepare();
    await harness.database.execute('UPDATE signed_contract_data SET epoch = 0');
    await harness.database.execute('UPDATE car_epoch SET epoch = 0');
    await harness.database.execute("DELETE FROM consumer_cursor WHERE name = 'pcp'");
    await harness.followed();
    expect((await state()).contracts).toHaveLength(3);
    happens('PROVISIONING_CERTIFICATE_FACTORY_RESET');
    await harness.followed();
    expect((await state()).contracts).toMatchObject([{ emaid_key: 'DEABCC00000002' }]);
  });
});
