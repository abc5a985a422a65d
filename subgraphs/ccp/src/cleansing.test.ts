import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createCleansing, removeLeaving } from '@chargegraph/cleansing';
import { createDemoPki, createRevocationChecker, parseCertificate, type DemoPki } from '@chargegraph/pki';
import { createTestResponder, type TestResponder } from '@chargegraph/pki/testing';
import { createRevocation } from '@chargegraph/revocation';
import { silentLogger } from '@chargegraph/service';
import { decodeMessage } from '@chargegraph/iso15118';
import type { CleansingTransaction } from './domain/cleanse-contracts.ts';
import type { Namespace } from './domain/contract.ts';
import { createCcpCleansing } from './jobs/cleansing.ts';
import { createCleansingTransaction } from './store/cleansing-transaction.ts';
import { createLeavingData } from './store/leaving-data.ts';
import { mo, otherMo } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;
let responder: TestResponder;
/** Its MO names the responder. */
let pki: DemoPki;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
  responder = await createTestResponder({ clock: harness.clock });
  pki = await createDemoPki({ now: start, ocspUrl: responder.ocspUrl });
  for (const branch of [pki.mo, pki.cps]) responder.add(branch.subCa1);
  for (const branch of [pki.mo, pki.cps]) responder.add(branch.subCa2);
  responder.add(pki.moRoot);
  responder.add(pki.v2gRoot);
});
afterAll(async () => {
  await responder.stop();
  await harness.stop();
});
/** Milliseconds that a responder has; short where it is not to answer. */
let patience: number;

beforeEach(async () => {
  patience = 10_000;
  await scene.reset();
  await prepare();
});

const rest = () => Promise.resolve();
const namespace: Namespace = 'ISO15118_2';
const other = 'DEXYZC00000001';

async function prepare(): Promise<void> {
  await harness.database.execute('DELETE FROM certificate_status');
  await harness.database.execute('DELETE FROM trusted_root');
  await harness.database.execute('UPDATE cleansing SET last_run_at = NULL, refreshed_to = NULL');
  harness.pools.roots.push({ type: 'V2G', certificate: pki.v2gRoot.certificate });
  harness.pools.roots.push({ type: 'MO', certificate: pki.moRoot.certificate });
  responder.behave('ANSWER');
  responder.requests.length = 0;
}

const shared = () => ({ database: harness.database, clock: harness.clock, logger: silentLogger });

function revocation() {
  const network = { privateAddresses: 'allow', timeout: patience } as const;
  const checker = createRevocationChecker({ ...shared(), network });
  return createRevocation({ ...shared(), checker, policy: 'soft' });
}

const cleansing = (pace: object = {}) =>
  createCcpCleansing({
    ...shared(),
    revocation: revocation(),
    onEvent: () => undefined,
    pace: { rest, ...pace },
  });

async function cleanse(options: { dryRun?: boolean } = {}, pace: object = {}) {
  const done = await cleansing(pace).run(options);
  if (done.outcome !== 'DONE') throw new Error(done.outcome);
  return done.report;
}

/** Signed once: it is what the tests do with it that counts. */
const signed = new Map<string, string>();

async function publish(id: string, days: number, by: DemoPki = scene.pki, car = scene.car) {
  const name = `${id} ${String(days)} ${by === pki ? 'asked' : ''} ${car.pcid}`;
  const notAfter = inDays(days);
  const data =
    signed.get(name) ?? (await scene.data({ emaid: id, car, notAfter, contractCas: by.mo, signer: by.cps }));
  signed.set(name, data);
  const answer = await scene.publishAs(id.startsWith('DEABC') ? mo : otherMo, data, car.pcid);
  expect(answer).toMatchObject({ userErrors: [], errors: undefined });
  return data;
}

/** The contract certificate in signed data. */
function contractOf(data: string) {
  const { body } = decodeMessage(Buffer.from(data, 'base64'));
  if (body.type !== 'CertificateInstallationRes') throw new Error(body.type);
  return parseCertificate(body.contractSignatureCertChain.certificate);
}

const contracts = async () =>
  (await harness.database.query<{ id: string }>('SELECT emaid AS id FROM contract ORDER BY emaid')).map(
    ({ id }) => id,
  );

/** What the tables hold, without what tells only how it came about. */
const state = async () => ({
  contracts: await harness.database.query('SELECT emaid_key FROM contract ORDER BY 1'),
  data: await harness.database.query(
    'SELECT emaid_key, namespace, v2g_root_fingerprint FROM signed_contract_data ORDER BY 1, 2, 3',
  ),
  defaults: await harness.database.query(
    'SELECT pcid, namespace, emaid_key FROM contract_default ORDER BY 1, 2',
  ),
  events: (await harness.events()).map(({ type, facts }) => [type, facts['emaid'], facts['namespaces']]),
  audit: (await harness.writes()).map(({ action, object, clientId }) => ({ action, object, clientId })),
});

/** The same data once more under another V2G root or generation, with another end, as if it had been published. */
async function addVariant(id: string, change: { namespace?: Namespace; root?: string; ends?: Date }) {
  const [row] = await harness.database.query<Record<string, unknown>>(
    'SELECT * FROM signed_contract_data WHERE emaid_key = $1 LIMIT 1',
    [id],
  );
  const copy = {
    ...row,
    namespace: change.namespace ?? namespace,
    v2g_root_fingerprint: change.root ?? row?.['v2g_root_fingerprint'],
    contract_not_after: change.ends ?? row?.['contract_not_after'],
  };
  const columns = Object.keys(copy);
  await harness.database.execute(
    `INSERT INTO signed_contract_data (${columns.join(', ')})
     VALUES (${columns.map((_, index) => `$${String(index + 1)}`).join(', ')})`,
    Object.values(copy),
  );
}

describe('cleansing the contracts', () => {
  it('deletes what has itself ended as its operator would, and tells the car maker', async () => {
    await publish(emaid, 30);
    await publish(other, 60);
    harness.clock.set(inDays(30));
    const before = (await harness.events()).length;
    expect(await cleanse()).toMatchObject({
      ...{ pool: 'ccp', dryRun: false, checked: 2, expired: 1, revoked: 0, deleted: 1 },
      ...{ startedAt: inDays(30), finishedAt: inDays(30) },
    });
    const after = await state();
    expect(after.contracts).toEqual([{ emaid_key: other }]);
    expect(after.defaults).toEqual([]);
    expect(after.events.slice(before)).toEqual([['OEM_CONTRACT_DELETED', emaid, [namespace]]]);
    expect(after.audit.at(-1)).toEqual({ action: 'cleanse', object: `Contract ${emaid}`, clientId: 'ccp' });
    expect(await cleanse()).toMatchObject({ checked: 1, deleted: 0 });
    expect(await state()).toEqual(after);
  });

  it('deletes what is itself revoked, and keeps the default of another contract', async () => {
    await publish(other, 300, pki);
    const revoked = await publish(emaid, 300, pki);
    responder.revoke(contractOf(revoked).serialNumber, { reason: 'cessationOfOperation' });
    harness.clock.set(inDays(1));
    const report = await cleanse();
    expect(report).toMatchObject({ expired: 0, revoked: 1, deleted: 1 });
    expect(report.refreshed).toBeGreaterThanOrEqual(2);
    const { contracts: left, defaults } = await state();
    expect(left).toEqual([{ emaid_key: other }]);
    expect(defaults).toMatchObject([{ emaid_key: other }]);
  });

  it.each(['HANG', 'GARBAGE', 'ERROR', 'HANG_UP'] as const)(
    'deletes nothing when responders answer with %s',
    async (behaviour) => {
      const data = await publish(emaid, 300, pki);
      responder.revoke(contractOf(data).serialNumber);
      responder.behave(behaviour);
      patience = behaviour === 'HANG' ? 200 : patience;
      harness.clock.set(inDays(1));
      const report = await cleanse();
      expect(report).toMatchObject({ revoked: 0, deleted: 0 });
      expect(report.failures).toBeGreaterThan(0);
      expect(await contracts()).toEqual([emaid]);
      responder.restore(contractOf(data).serialNumber);
    },
  );

  it('deletes nothing because of what is above it or signed it, ended or revoked', async () => {
    await publish(emaid, 300, pki);
    const above = [pki.mo.subCa1, pki.mo.subCa2, pki.cps.subCa1, pki.cps.subCa2, pki.cps.leaf];
    for (const { certificate } of [pki.moRoot, pki.v2gRoot]) {
      await harness.database.execute(
        "INSERT INTO trusted_root (fingerprint, type, der, not_after) VALUES ($1, 'V2G', $2, $3)",
        [certificate.fingerprint, Buffer.from(certificate.der), certificate.notAfter],
      );
    }
    for (const { certificate } of above)
      responder.revoke(certificate.serialNumber, { reason: 'cACompromise' });
    harness.clock.set(inDays(1));
    expect(await cleanse()).toMatchObject({ revoked: 0, deleted: 0 });
    const known = await harness.database.query(
      "SELECT fingerprint FROM certificate_status WHERE status = 'REVOKED' ORDER BY 1",
    );
    expect(known).toEqual(
      above
        .map(({ certificate: { fingerprint } }) => ({ fingerprint }))
        .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
    );
    await harness.database.execute('UPDATE signed_contract_data SET ends_at = $1, signer_ends_at = $1', [
      start,
    ]);
    expect(await cleanse()).toMatchObject({ expired: 0, deleted: 0 });
    expect(await contracts()).toEqual([emaid]);
    for (const { certificate } of above) responder.restore(certificate.serialNumber);
  });

  it('leaves a contract what has not ended of it, and tells of each generation once', async () => {
    await publish(emaid, 30);
    await addVariant(emaid, { root: 'f'.repeat(64), ends: inDays(300) });
    await addVariant(emaid, { namespace: 'ISO15118_20' });
    const before = (await harness.events()).length;
    harness.clock.set(inDays(30));
    expect(await cleanse({}, { batchSize: 1 })).toMatchObject({ expired: 2, deleted: 2 });
    const { data, defaults, events } = await state();
    expect(data).toMatchObject([{ namespace, v2g_root_fingerprint: 'f'.repeat(64) }]);
    expect(defaults).toMatchObject([{ emaid_key: emaid, namespace }]);
    expect(events.slice(before)).toEqual([
      ['OEM_CONTRACT_DELETED', emaid, ['ISO15118_20']],
      ['OEM_CONTRACT_UPDATED', emaid, [namespace]],
    ]);
    const [{ updated } = { updated: undefined }] = await harness.database.query<{ updated: Date }>(
      'SELECT updated_at AS updated FROM contract',
    );
    expect(updated).toEqual(inDays(30));
  });

  it('writes nothing in a dry run and counts what a run would delete', async () => {
    await publish(emaid, 30);
    await publish(other, 300, pki);
    harness.clock.set(inDays(30));
    const tables = async () => ({
      ...((await harness.snapshot()) as object),
      status: await harness.database.query('SELECT * FROM certificate_status ORDER BY 1'),
      cleansing: await harness.database.query('SELECT * FROM cleansing'),
      writes: await harness.writes(),
    });
    const before = await tables();
    responder.requests.length = 0;
    expect(await cleanse({ dryRun: true })).toMatchObject({
      ...{ dryRun: true, checked: 2, refreshed: 0, expired: 1, revoked: 0, deleted: 0 },
    });
    expect(responder.requests).toEqual([]);
    expect(await tables()).toEqual(before);
  });

  it('counts what cannot be read as a failure and goes on with the rest', async () => {
    await publish(emaid, 30);
    await publish(other, 300);
    await harness.database.execute(`UPDATE signed_contract_data SET exi = 'x' WHERE emaid_key = $1`, [other]);
    harness.clock.set(inDays(30));
    const report = await cleanse();
    expect(report).toMatchObject({ deleted: 1 });
    expect(report.failures).toBe(1);
  });
});

describe('cleansing that something comes between', () => {
  const leavingData = (transaction?: <T>(work: (tx: CleansingTransaction) => Promise<T>) => Promise<T>) =>
    createLeavingData({
      database: harness.database,
      onEvent: () => undefined,
      ...(transaction && { transaction }),
    });

  it('keeps what was renewed between finding and deleting it', async () => {
    await publish(emaid, 30);
    await publish(other, 30);
    const leaving = leavingData();
    const found = await leaving.ended(inDays(30), undefined, 10);
    expect(found).toHaveLength(2);
    await publish(emaid, 300);
    const before = (await harness.events()).length;
    expect(await leaving.remove(found, inDays(30), true)).toEqual({ expired: 1, revoked: 0 });
    expect(await contracts()).toEqual([emaid]);
    expect((await state()).events.slice(before)).toEqual([['OEM_CONTRACT_DELETED', other, [namespace]]]);
  });

  it('waits for a renewal that is under way, and keeps what it brings', async () => {
    await publish(emaid, 30);
    const leaving = leavingData();
    const found = await leaving.ended(inDays(30), undefined, 10);
    let removing: Promise<unknown> | undefined;
    await harness.database.transaction(async (tx) => {
      await tx.query('SELECT FROM contract WHERE emaid_key = $1 FOR UPDATE', [emaid]);
      await tx.execute('UPDATE signed_contract_data SET contract_not_after = $1', [inDays(300)]);
      removing = leaving.remove(found, inDays(30), true);
      for (let waits = 0; waits === 0;) {
        const [row] = await harness.database.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%FOR UPDATE%'`,
        );
        waits = row?.count ?? 0;
      }
    });
    expect(await removing).toEqual({ expired: 0, revoked: 0 });
    expect(await contracts()).toEqual([emaid]);
  });

  /** Transactions that break down at the call with this number, as if the process had been killed. */
  function failing(at: number) {
    let calls = 0;
    const strike = () => {
      if (calls++ === at) throw new Error('killed');
    };
    return <T>(work: (tx: CleansingTransaction) => Promise<T>): Promise<T> =>
      harness.database.transaction(async (tx) => {
        const real = createCleansingTransaction(tx, () => undefined);
        const striking = Object.fromEntries(
          Object.entries(real).map(([name, method]) => [
            name,
            async (...args: unknown[]) => {
              strike();
              const result: unknown = await (method as (...args: unknown[]) => unknown)(...args);
              strike();
              return result;
            },
          ]),
        ) as unknown as CleansingTransaction;
        return await work(striking);
      });
  }

  it('comes to the same end wherever it is killed, and tells nothing twice', async () => {
    const scenario = async () => {
      await scene.reset();
      await prepare();
      harness.clock.set(start);
      await publish(emaid, 30);
      await addVariant(emaid, { namespace: 'ISO15118_20', ends: inDays(20) });
      await addVariant(emaid, { root: 'f'.repeat(64) });
      await publish(other, 29);
      await addVariant(other, { root: 'f'.repeat(64), ends: inDays(300) });
      await publish('DEABCC00000003', 30, scene.pki, scene.otherCar);
      await publish('DEABCC00000004', 300, scene.pki, scene.otherCar);
      harness.clock.set(inDays(30));
    };
    await scenario();
    expect(await cleanse({}, { batchSize: 1 })).toMatchObject({ expired: 5, deleted: 5 });
    const expected = await state();
    expect(expected.contracts).toHaveLength(2);
    // Which contract comes first depends on where the batches begin.
    const sorted = ({ events, audit, ...rest }: typeof expected) => ({
      ...rest,
      events: events.map((event) => JSON.stringify(event)).sort(),
      audit: audit.map((record) => JSON.stringify(record)).sort(),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(50), fc.constantFrom(1, 2, 10), async (at, batchSize) => {
        await scenario();
        const ends = new AbortController();
        const leaving = leavingData(failing(at));
        const run = createCleansing({
          ...shared(),
          pool: 'ccp',
          revocation: revocation(),
          steps: [
            removeLeaving({
              ...leaving,
              // A process that was killed does nothing more.
              remove: (...given) =>
                leaving.remove(...given).catch((error: unknown) => {
                  ends.abort();
                  throw error;
                }),
            }),
          ],
          pace: { rest, batchSize },
        });
        await run.run({ signal: ends.signal });
        await cleanse({}, { batchSize });
        expect(sorted(await state())).toEqual(sorted(expected));
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('leaves the work to one of two that start at once', async () => {
    await publish(emaid, 30);
    await publish(other, 30);
    harness.clock.set(inDays(30));
    const before = (await harness.events()).length;
    const outcomes = await Promise.all([1, 2].map(() => cleansing({ batchSize: 1 }).run()));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['BUSY', 'DONE']);
    expect(await harness.events()).toHaveLength(before + 2);
  });
});
