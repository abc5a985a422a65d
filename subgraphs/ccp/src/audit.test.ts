import { auditTrail, recordedSince } from '@chargegraph/audit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cpo, cpsForMo, mo, oem, otherMo } from './testing/callers.ts';
import type { Harness } from './testing/harness.ts';
import { remove } from './testing/operations.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;
let known: number;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  known = (await auditTrail(harness.database)).length;
});

const trail = async () => (await auditTrail(harness.database)).slice(known);
const object = `Contract ${emaid}`;
const who = { clientId: 'test-client', organisation: 'Test', traceId: 'test-trace' };
const done = { ...who, object, outcome: 'DONE', code: null, detail: null };

describe('the audit of the contract pool', () => {
  it('has what was published, updated and deleted, and nothing of what changed nothing', async () => {
    const data = await scene.data();
    await scene.publishAs(mo, data);
    await scene.publishAs(mo, data);
    await scene.updateAs(mo, await scene.data());
    await harness.run(mo, remove, { input: { emaid } });
    expect(await trail()).toEqual([
      { ...done, action: 'publishContract' },
      { ...done, action: 'updateContract' },
      { ...done, action: 'deleteContract' },
    ]);
  });

  it('has the provisioning service with the client that it acts for', async () => {
    await scene.publishAs(cpsForMo, await scene.data());
    expect(await trail()).toEqual([{ ...done, clientId: 'cps:test-client', action: 'publishContract' }]);
  });

  it('has a refused write, and not the signed data', async () => {
    const data = await scene.data();
    await scene.publishAs(otherMo, data);
    await harness.run(otherMo, remove, { input: { emaid } });
    await recordedSince(harness.database, known + 1);
    const records = await trail();
    expect(records.toSorted((a, b) => a.action.localeCompare(b.action))).toMatchObject([
      { action: 'deleteContract', object, outcome: 'REFUSED', code: 'NOT_FOUND' },
      { action: 'publishContract', outcome: 'REFUSED', code: 'FORBIDDEN' },
    ]);
    expect(JSON.stringify(records)).not.toContain(data.slice(0, 20));
  });

  it('has no request for installation, answered or refused: it is no write', async () => {
    await scene.publishData();
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
    expect((await scene.request(Uint8Array.of(1), cpo)).userErrors).toHaveLength(1);
    expect((await scene.request(await scene.askForV2g(), mo)).errors).toHaveLength(1);
    await harness.run(oem, remove, { input: { emaid } });
    await recordedSince(harness.database, known + 1);
    expect((await trail()).map(({ action }) => action)).toEqual(['publishContract', 'deleteContract']);
  });
});
