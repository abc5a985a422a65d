import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { emptyTables } from '@chargegraph/database/testing';
import type { Subgraph } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { createDemoPki, issueCertificate, type DemoPki } from '@chargegraph/pki';
import {
  reportEndingSigners,
  type EndingSignersStore,
  type EndingSignersTransaction,
} from './domain/report-ending-signers.ts';
import { createEndingSignersStore } from './store/ending-signers.ts';
import { cps, cpsForMo, mo, oem, operator, otherMo, otherOem } from './testing/callers.ts';
import { day, inDays, start, type Harness } from './testing/harness.ts';
import { eventLog, oneEvent, remove } from './testing/operations.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;
/** A provisioning service under a root of its own, which ends 30 days after the scene's own. */
let later: DemoPki;

beforeAll(async () => {
  [scene, later] = await Promise.all([startScene(), createDemoPki({ now: inDays(30) })]);
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  harness.pools.roots.push({ type: 'V2G', certificate: later.v2gRoot.certificate });
});

const lead = 14 * day;
const type = 'MO_CONTRACT_SIGNER_ENDING';
const signerEnd = () => scene.pki.cps.leaf.certificate.notAfter;
/** Goes to so many days before the end of the scene's signer. */
const daysBeforeEnd = (days: number) => {
  harness.clock.set(new Date(signerEnd().getTime() - days * day));
};

async function publishBy(caller: Caller, request: Parameters<Scene['data']>[0] = {}): Promise<void> {
  const signed = await scene.data(request);
  expect(await scene.publishAs(caller, signed, request.car?.pcid)).toMatchObject({ userErrors: [] });
}

/** A signer under the same sub-CA that lasts longer than the scene's. */
async function longerSigner(): Promise<DemoPki['cps']> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { cps: branch } = scene.pki;
  const certificate = await issueCertificate({
    subject: { commonName: 'Longer', organization: 'Test', country: 'DE', domainComponent: 'CPS' },
    publicKey,
    issuer: branch.subCa2.certificate,
    signingKey: branch.subCa2.privateKey,
    notBefore: start,
    notAfter: new Date(signerEnd().getTime() + 60 * day),
    ca: false,
    keyUsage: ['digitalSignature'],
  });
  return { ...branch, leaf: { certificate, privateKey } };
}

const ownStore = () => createEndingSignersStore(harness.database, () => undefined);
const always = () => Promise.resolve(true);
const report = (store = ownStore(), batchSize?: number) =>
  reportEndingSigners({ store, clock: harness.clock, lead, ...(batchSize && { batchSize }) }, always);

const told = async () =>
  (await harness.events()).filter((event) => event.type === type).map(({ facts }) => facts);
const toldOf = async () => (await told()).map(({ emaid: id }) => id).sort();

describe('a contract that was signed elsewhere', () => {
  it('is told of to its operator once its signer’s chain ends within the lead', async () => {
    await publishBy(mo);
    daysBeforeEnd(14);
    await report();
    expect(await told()).toEqual([]);
    harness.clock.advance(1_000);
    await report();
    expect(await told()).toEqual([
      {
        emaid,
        pcid: scene.car.pcid,
        namespaces: ['ISO15118_2'],
        emaidKey: emaid,
        pcidKey: scene.car.pcid.toUpperCase(),
        wmi: 'WCG',
        providerId: 'DEABC',
        signerFingerprint: scene.pki.cps.leaf.certificate.fingerprint,
        signerEndsAt: signerEnd().toISOString(),
        v2gRootFingerprint: scene.pki.v2gRoot.certificate.fingerprint,
      },
    ]);
    expect((await harness.writes()).at(-1)).toMatchObject({
      action: 'reportSignerEnd',
      object: `Contract ${emaid}`,
      clientId: 'ccp',
    });
  });

  it('is told of too when a provisioning service that is a partner handed it in', async () => {
    await publishBy(cps);
    daysBeforeEnd(13);
    await report();
    expect(await toldOf()).toEqual([emaid]);
  });

  it('is told of late rather than not at all, when the chain has ended already', async () => {
    await publishBy(mo);
    daysBeforeEnd(-20);
    await report();
    expect(await toldOf()).toEqual([emaid]);
  });

  it('is not told of when it ends before its signer, or has ended', async () => {
    await publishBy(mo, { notAfter: new Date(signerEnd().getTime() - 1_000) });
    await publishBy(mo, { emaid: 'DEABCC00000002', notAfter: signerEnd() });
    await publishBy(mo, { emaid: 'DEABCC00000003', notAfter: new Date(signerEnd().getTime() + day) });
    daysBeforeEnd(-2);
    await report();
    expect(await told()).toEqual([]);
  });

  it('is told of again when it is published again with a signer that ends, and not before', async () => {
    await publishBy(mo);
    daysBeforeEnd(10);
    await report();
    await report();
    expect(await toldOf()).toEqual([emaid]);
    await publishBy(mo, { signer: later.cps });
    await publishBy(mo);
    await report();
    expect((await told()).map(({ v2gRootFingerprint }) => v2gRootFingerprint)).toEqual([
      scene.pki.v2gRoot.certificate.fingerprint,
      scene.pki.v2gRoot.certificate.fingerprint,
    ]);
    daysBeforeEnd(-20);
    await report();
    expect((await told()).slice(2)).toMatchObject([
      { emaid, signerFingerprint: later.cps.leaf.certificate.fingerprint },
    ]);
  });

  it('is not told of again when the same content is published again', async () => {
    const signed = await scene.data();
    await scene.publishAs(mo, signed);
    daysBeforeEnd(10);
    await report();
    await scene.publishAs(mo, signed);
    await report();
    expect(await toldOf()).toEqual([emaid]);
  });
});

describe('a contract that our provisioning service signed', () => {
  it('is told of only when half of the lead is left', async () => {
    await publishBy(cpsForMo);
    daysBeforeEnd(7);
    await report();
    expect(await told()).toEqual([]);
    harness.clock.advance(1_000);
    await report();
    await report();
    expect(await toldOf()).toEqual([emaid]);
  });

  it('is one of ours also when its operator hands it in', async () => {
    await publishBy(cpsForMo, { emaid: 'DEABCC00000002' });
    await publishBy(mo);
    daysBeforeEnd(10);
    await report();
    expect(await told()).toEqual([]);
    daysBeforeEnd(6);
    await report();
    expect(await toldOf()).toEqual([emaid, 'DEABCC00000002']);
  });

  it('is not told of when it was signed anew in time', async () => {
    await publishBy(cpsForMo);
    daysBeforeEnd(10);
    await publishBy(cpsForMo, { signer: await longerSigner() });
    daysBeforeEnd(1);
    await report();
    expect(await told()).toEqual([]);
  });

  it('may be what was stored before it was noted who handed it in', async () => {
    await publishBy(mo);
    await harness.database.execute('UPDATE signed_contract_data SET by_own_service = NULL');
    daysBeforeEnd(10);
    await report();
    expect(await told()).toEqual([]);
    daysBeforeEnd(6);
    await report();
    expect(await toldOf()).toEqual([emaid]);
  });
});

describe('who hears that a signer ends', () => {
  it('is the contract’s operator and the installation’s, no other operator and no car maker', async () => {
    await publishBy(mo);
    daysBeforeEnd(10);
    await report();
    await harness.logged(2);
    const { data } = await harness.run(operator, eventLog, { first: 10 });
    const { events } = data?.['contractEventLog'] as { events: { type: string; cursor: string }[] };
    const cursor = events.find((event) => event.type === type)?.cursor;
    const seenBy = async (caller: Caller) =>
      (await harness.run(caller, oneEvent, { cursor })).data?.['contractEvent'];
    for (const caller of [mo, operator]) expect(await seenBy(caller)).toMatchObject({ type, emaid });
    for (const caller of [otherMo, oem, otherOem]) expect(await seenBy(caller)).toBeNull();
    const query = `query ($cursor: Cursor!) {
      contractEvent(cursor: $cursor) { signerFingerprint signerEndsAt v2gRootFingerprint }
    }`;
    expect((await harness.run(mo, query, { cursor })).data).toEqual({
      contractEvent: {
        signerFingerprint: scene.pki.cps.leaf.certificate.fingerprint,
        signerEndsAt: signerEnd().toISOString(),
        v2gRootFingerprint: scene.pki.v2gRoot.certificate.fingerprint,
      },
    });
    const created = events.find((event) => event.type === 'OEM_CONTRACT_CREATED')?.cursor;
    expect((await harness.run(oem, query, { cursor: created })).data).toEqual({
      contractEvent: { signerFingerprint: null, signerEndsAt: null, v2gRootFingerprint: null },
    });
  });
});

describe('the telling', () => {
  const emaids = ['1', '2', '3', '4', '5'].map((last) => `DEABCC0000000${last}`);
  const publishAll = async () => {
    for (const each of emaids) await publishBy(mo, { emaid: each });
    daysBeforeEnd(10);
  };

  it('tells all of it once when several processes do it at the same time', async () => {
    await publishAll();
    const processes = await Promise.all([1, 2].map(() => harness.another()));
    try {
      await Promise.all([report(), report(ownStore(), 2)]);
      await expect.poll(toldOf, { timeout: 10_000, interval: 10 }).toEqual(emaids);
    } finally {
      await Promise.all(processes.map((each: Subgraph) => each.stop()));
    }
    expect(await toldOf()).toEqual(emaids);
  });

  it('is the pool’s own job', async () => {
    await publishAll();
    const process = await harness.another();
    await expect.poll(toldOf, { timeout: 10_000, interval: 10 }).toEqual(emaids);
    await process.stop();
  });

  it('comes to the same end wherever it is killed, and tells nothing twice', async () => {
    await publishAll();
    const untold = 'UPDATE signed_contract_data SET signer_end_told_at = NULL';
    await fc.assert(
      fc.asyncProperty(fc.nat(5 * 6), async (at) => {
        await harness.database.execute(untold);
        await emptyTables(harness.database, 'outbox', 'log');
        await report(failing(at), 2).catch((error: unknown) => {
          expect(error).toMatchObject({ message: 'killed' });
        });
        await report(ownStore(), 2);
        expect(await toldOf()).toEqual(emaids);
      }),
      { numRuns: 15 },
    );
  });

  it('says nothing of what went away, or was published anew, since it looked', async () => {
    await publishBy(mo);
    await publishBy(mo, { emaid: 'DEABCC00000002' });
    await publishBy(mo, { emaid: 'DEABCC00000003' });
    daysBeforeEnd(10);
    const store = ownStore();
    await report({
      ...store,
      due: async (...question) => {
        const found = await store.due(...question);
        await harness.run(mo, remove, { input: { emaid } });
        await publishBy(mo, { emaid: 'DEABCC00000002', notAfter: signerEnd() });
        return found;
      },
    });
    expect(await toldOf()).toEqual(['DEABCC00000003']);
  });

  /** A store whose transactions break down at the call with this number, as if the process had been killed. */
  function failing(at: number): EndingSignersStore {
    let calls = 0;
    const real = ownStore();
    const strike = () => {
      if (calls++ === at) throw new Error('killed');
    };
    return {
      due: real.due,
      transaction: (work, by) =>
        real.transaction((tx) => {
          const striking: EndingSignersTransaction = {
            lock: async (...args) => (strike(), tx.lock(...args)).finally(strike),
            noteTold: async (...args) => (strike(), tx.noteTold(...args)).finally(strike),
            append: async (...args) => (strike(), tx.append(...args)).finally(strike),
          };
          return work(striking);
        }, by),
    };
  }
});
