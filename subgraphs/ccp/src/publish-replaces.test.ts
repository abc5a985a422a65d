import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cpsForMo, mo } from './testing/callers.ts';
import type { Harness } from './testing/harness.ts';
import { publish, remove } from './testing/operations.ts';
import { emaid, startScene, untouched, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

const digestOf = (signedData: string) =>
  createHash('sha256').update(Buffer.from(signedData, 'base64')).digest('base64');

/** Publishes as a service that acts for the operator, in place of certain data. */
async function replace(replaced: string, signedContractData: string) {
  const input = { signedContractData, pcid: scene.car.pcid, replaces: digestOf(replaced) };
  const { data, errors } = await harness.run(cpsForMo, publish, { input });
  expect(errors).toBeUndefined();
  return data?.['publishContract'] as { userErrors: object[] };
}

const conflict = [
  {
    code: 'CONFLICT',
    path: ['input', 'replaces'],
    message: 'The pool does not hold the data that this would replace.',
  },
];

describe('publishing in place of certain data', () => {
  it('replaces that data, and is the same again', async () => {
    const [first, second] = [await scene.data(), await scene.data()];
    await scene.publishAs(mo, first);
    expect((await replace(first, second)).userErrors).toEqual([]);
    const after = await harness.snapshot();
    expect((await replace(first, second)).userErrors).toEqual([]);
    expect(await harness.snapshot()).toEqual(after);
    expect((await harness.events()).map(({ type }) => type)).toEqual([
      'OEM_CONTRACT_CREATED',
      'OEM_CONTRACT_UPDATED',
    ]);
  });

  it('does not bring back what was deleted', async () => {
    const [first, second] = [await scene.data(), await scene.data()];
    expect((await replace(first, second)).userErrors).toEqual(conflict);
    expect(await harness.snapshot()).toEqual(untouched);
    await scene.publishAs(mo, first);
    await harness.run(mo, remove, { input: { emaid } });
    const before = await harness.snapshot();
    expect((await replace(first, second)).userErrors).toEqual(conflict);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('does not take the place of what came since, nor of another V2G root’s', async () => {
    harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
    const [first, second, third] = [await scene.data(), await scene.data(), await scene.data()];
    await scene.publishAs(mo, first);
    await scene.publishAs(mo, second);
    const before = await harness.snapshot();
    expect((await replace(first, third)).userErrors).toEqual(conflict);
    const otherRoot = await scene.data({ signer: scene.otherPki.cps });
    expect((await replace(second, otherRoot)).userErrors).toEqual(conflict);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('does not keep what a change of its car is about to take, which was wrapped for another key', async () => {
    const [first, second] = [await scene.data(), await scene.data()];
    await scene.publishAs(mo, first);
    const key = { pcid: scene.car.pcid.toUpperCase(), namespace: 'ISO15118_2' as const };
    harness.pools.log.append(key, 'PROVISIONING_CERTIFICATE_UPDATED', { keyChanged: true });
    expect((await replace(first, second)).userErrors).toEqual(conflict);
    await harness.followed();
    expect(await harness.database.query('SELECT FROM contract')).toEqual([]);
  });
});
