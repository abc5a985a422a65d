import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mo, otherMo, service } from './testing/callers.ts';
import { start, type Harness } from './testing/harness.ts';
import { readContract, remove, update } from './testing/operations.ts';
import { emaid, startScene, untouched, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

describe('updateContract', () => {
  it('replaces the data, keeps car and default, and tells it once', async () => {
    await scene.publishAs(mo, await scene.data());
    harness.clock.advance(1_000);
    const signed = await scene.data();
    const updated = await scene.updateAs(mo, signed, 'de-abc-c00000001');
    expect(updated.userErrors).toEqual([]);
    expect(updated.contract).toMatchObject({
      emaid,
      pcid: scene.car.pcid,
      isDefault: true,
      createdAt: start.toISOString(),
    });
    await scene.updateAs(mo, signed);
    expect((await harness.events()).map(({ type }) => type)).toEqual([
      'OEM_CONTRACT_CREATED',
      'OEM_CONTRACT_UPDATED',
    ]);
  });

  it('refuses a contract that the pool does not hold', async () => {
    const refused = await scene.updateAs(mo, await scene.data());
    expect(refused.userErrors).toEqual([
      { code: 'NOT_FOUND', message: 'The contract for the given EMAID not found.', path: ['input', 'emaid'] },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('refuses data for another contract, and another operator’s contract', async () => {
    await scene.publishAs(mo, await scene.data());
    const before = await harness.snapshot();
    const signed = await scene.data({ emaid: 'DEABCC00000002' });
    expect((await scene.updateAs(mo, signed)).userErrors).toMatchObject([
      { code: 'BAD_INPUT', path: ['input', 'emaid'] },
    ]);
    const { errors } = await scene.updateAs(otherMo, await scene.data());
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    const refused = await harness.run(service, update, { input: { emaid, signedContractData: signed } });
    expect(refused.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect(await harness.snapshot()).toEqual(before);
  });

  it('refuses when the car has left the provisioning certificate pool', async () => {
    await scene.publishAs(mo, await scene.data());
    const before = await harness.snapshot();
    harness.pools.cars.clear();
    expect((await scene.updateAs(mo, await scene.data())).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await harness.snapshot()).toEqual(before);
  });
});

describe('at the same time', () => {
  it('leaves exactly one default of many contracts published for one car', async () => {
    const emaids = Array.from({ length: 8 }, (_, index) => `DEABCC0000001${String(index)}`);
    const signed = await Promise.all(emaids.map((id) => scene.data({ emaid: id })));
    const results = await Promise.all(signed.map((exi) => scene.publishAs(mo, exi)));
    expect(results.filter(({ contract }) => contract?.['isDefault'] === true)).toHaveLength(1);
    expect(await harness.events()).toHaveLength(8);
  });

  it('lets exactly one of two cars have an EMAID', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `DEABCC0000002${String(round)}`;
      const [one, two] = await Promise.all([
        scene.data({ emaid: id }),
        scene.data({ emaid: id, car: scene.otherCar }),
      ]);
      const results = await Promise.all([
        scene.publishAs(mo, one),
        scene.publishAs(mo, two, scene.otherCar.pcid),
      ]);
      expect(results.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'EMAID_IN_USE' }]);
      expect(results.filter(({ contract }) => contract !== null)).toHaveLength(1);
    }
  });

  it('stores the same content once however often it comes', async () => {
    const signed = await scene.data();
    const results = await Promise.all(Array.from({ length: 6 }, () => scene.publishAs(mo, signed)));
    expect(results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await harness.events()).toHaveLength(1);
  });

  it('keeps log and rows in step while a contract is published and deleted', async () => {
    const signed = await scene.data();
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0 ? scene.publishAs(mo, signed) : harness.run(mo, remove, { input: { emaid } }),
      ),
    );
    const types = (await harness.events()).map(({ type }) => type);
    const alternating = types.map((_, index) =>
      index % 2 === 0 ? 'OEM_CONTRACT_CREATED' : 'OEM_CONTRACT_DELETED',
    );
    expect(types).toEqual(alternating);
    const { data: result } = await harness.run(mo, readContract, { emaid });
    expect(result?.['contract'] === null).toBe(types.at(-1) === 'OEM_CONTRACT_DELETED');
  });
});
