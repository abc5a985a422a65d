import { createRevocationChecker } from '@chargegraph/pki';
import { createTestResponder, type TestResponder } from '@chargegraph/pki/testing';
import { createRevocation } from '@chargegraph/revocation';
import { silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRcpCleansing } from './jobs/cleansing.ts';
import { createLeavingRoots } from './store/leaving-roots.ts';
import { add, count, day, issueRoot, makeRoot, now, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();
let responder: TestResponder;

beforeAll(async () => {
  responder = await createTestResponder({ clock: pool.clock });
});
afterAll(() => responder.stop());
/** Milliseconds that a responder has; short where it is not to answer. */
let patience: number;

beforeEach(async () => {
  patience = 10_000;
  await pool.database.execute('DELETE FROM certificate_status');
  responder.behave('ANSWER');
});

const nothing = () => undefined;
const soon = new Date(now.getTime() + 29 * day);

async function cleanse(options: { dryRun?: boolean } = {}) {
  const { clock, database } = pool;
  const shared = { database, clock, logger: silentLogger };
  const network = { privateAddresses: 'allow', timeout: patience } as const;
  const revocation = createRevocation({
    ...shared,
    checker: createRevocationChecker({ ...shared, network }),
    policy: 'hard',
  });
  const pace = { rest: () => Promise.resolve() };
  const done = await createRcpCleansing({ ...shared, revocation, onEvent: nothing, pace }).run(options);
  if (done.outcome !== 'DONE') throw new Error(done.outcome);
  return done.report;
}

/** A root that says itself whether it is revoked. */
async function askedRoot(name: string) {
  const root = await issueRoot(name, { ocspUrls: [responder.ocspUrl] });
  responder.add(root);
  await add(root.certificate);
  return root.certificate;
}

const told = async (since: number) => (await pool.events()).slice(since);

describe('cleansing the roots', () => {
  it('lets one go that has ended, says so, and leaves the others', async () => {
    const root = await makeRoot('Ends', { lifetimeDays: 30 });
    await add(root, 'MO');
    await add(await makeRoot('Stays'));
    const [events, recorded] = [(await pool.events()).length, (await pool.audited()).length];
    pool.clock.set(soon);
    expect(await cleanse({ dryRun: true })).toMatchObject({ checked: 2, expired: 1, deleted: 0 });
    expect(await count()).toBe(2);
    expect(await cleanse()).toMatchObject({ pool: 'rcp', checked: 2, expired: 1, revoked: 0, deleted: 1 });
    expect(await told(events)).toEqual([
      {
        type: 'ROOT_CERT_EXPIRED',
        facts: {
          fingerprint: root.fingerprint,
          type: 'MO',
          subject: root.subject,
          notAfter: root.notAfter.toISOString(),
          reason: `Its validity ended at ${root.notAfter.toISOString()}.`,
        },
      },
    ]);
    expect((await pool.audited()).slice(recorded)).toMatchObject([
      { clientId: 'rcp', action: 'cleanse', object: `RootCertificate ${root.fingerprint}` },
    ]);
    expect(await count()).toBe(1);
    expect(await cleanse()).toMatchObject({ checked: 1, deleted: 0 });
    expect(await told(events)).toHaveLength(1);
  });

  it('lets one go that is revoked, with the reason', async () => {
    const root = await askedRoot('Revoked');
    await askedRoot('Good');
    const events = (await pool.events()).length;
    pool.clock.advance(day);
    responder.revoke(root.serialNumber, { at: now, reason: 'keyCompromise' });
    expect(await cleanse()).toMatchObject({ refreshed: 2, expired: 0, revoked: 1, deleted: 1, failures: 0 });
    expect(await told(events)).toMatchObject([
      {
        type: 'ROOT_CERT_REVOKED',
        facts: {
          fingerprint: root.fingerprint,
          reason: `It was revoked at ${now.toISOString()} (keyCompromise).`,
        },
      },
    ]);
    expect(await count()).toBe(1);
  });

  it.each(['HANG', 'GARBAGE', 'ERROR', 'HANG_UP'] as const)(
    'keeps one whose responder answers with %s, under a hard policy too',
    async (behaviour) => {
      const root = await askedRoot(`Unknown ${behaviour}`);
      responder.revoke(root.serialNumber);
      responder.behave(behaviour);
      patience = behaviour === 'HANG' ? 200 : patience;
      pool.clock.advance(day);
      expect(await cleanse()).toMatchObject({ revoked: 0, deleted: 0, failures: 1 });
      expect(await count()).toBe(1);
    },
  );

  it('tells nothing of one that the operator removed meanwhile', async () => {
    const root = await makeRoot('Gone', { lifetimeDays: 30 });
    await add(root);
    const leaving = createLeavingRoots({ database: pool.database, onEvent: nothing });
    const found = await leaving.ended(soon, undefined, 10);
    expect(found).toHaveLength(1);
    await pool.clear();
    const events = (await pool.events()).length;
    expect(await leaving.remove(found, soon, true)).toEqual({ expired: 0, revoked: 0 });
    expect(await told(events)).toEqual([]);
  });
});
