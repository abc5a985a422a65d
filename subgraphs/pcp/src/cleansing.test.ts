import { createRevocationChecker } from '@chargegraph/pki';
import { createTestResponder, type TestResponder } from '@chargegraph/pki/testing';
import { createRevocation, type RevocationPolicy } from '@chargegraph/revocation';
import { silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPcpCleansing } from './jobs/cleansing.ts';
import { createLeavingCertificates } from './store/leaving-certificates.ts';
import { day, issue, now, pem, pki, pool, preparePublishing, published } from './publish.fixture.ts';

preparePublishing();
let responder: TestResponder;

beforeAll(async () => {
  responder = await createTestResponder({ clock: pool.clock, issuers: [pki.oem.subCa2, pki.oem.subCa1] });
});
afterAll(() => responder.stop());
/** Milliseconds that a responder has; short where it is not to answer. */
let patience: number;

beforeEach(async () => {
  patience = 10_000;
  await pool.database.execute('DELETE FROM certificate_status');
  await pool.database.execute('UPDATE cleansing SET last_run_at = NULL, refreshed_to = NULL');
  responder.behave('ANSWER');
  responder.requests.length = 0;
});

const rest = () => Promise.resolve();
const nothing = () => undefined;
const soon = new Date(now.getTime() + 30 * day);

/** With a memory of its own, as after a restart. */
function cleansing(pace: object = {}, policy: RevocationPolicy = 'soft') {
  const { clock, database } = pool;
  const network = { privateAddresses: 'allow', timeout: patience } as const;
  const checker = createRevocationChecker({ clock, logger: silentLogger, network });
  const shared = { database, clock, logger: silentLogger };
  const revocation = createRevocation({ ...shared, checker, policy });
  return createPcpCleansing({ ...shared, revocation, onEvent: nothing, pace: { rest, ...pace } });
}

async function cleanse(options: { dryRun?: boolean } = {}, ...how: Parameters<typeof cleansing>) {
  const done = await cleansing(...how).run(options);
  if (done.outcome !== 'DONE') throw new Error(done.outcome);
  return done.report;
}

type Issuing = Omit<NonNullable<Parameters<typeof issue>[0]>, 'name'>;

/** Publishes a car; its certificate names the responder unless told otherwise. */
async function car(number: number, options: Issuing = {}) {
  const name = `WDBTEST${String(number).padStart(10, '0')}`;
  const issued = await issue({ name, ocspUrls: [responder.ocspUrl], ...options });
  await published({ vehicleCertificate: pem(issued) });
  return { name, ...issued };
}

const left = async () => (await pool.snapshot()).rows.map(({ pcid }) => pcid);
const everything = async () => ({
  ...(await pool.snapshot()),
  status: await pool.database.query('SELECT * FROM certificate_status ORDER BY fingerprint'),
  audit: await pool.database.query('SELECT object FROM audit_open UNION ALL SELECT object FROM audit_record'),
  place: await pool.database.query('SELECT * FROM cleansing'),
});

describe('cleansing the provisioning certificates', () => {
  it('deletes what has itself ended, as its maker would, and nothing else', async () => {
    const gone = await car(1, { notAfter: soon });
    const kept = await car(2);
    const before = await pool.snapshot();
    const known = (await pool.audited()).length;
    pool.clock.set(soon);
    const report = await cleanse();
    expect(report).toMatchObject({ pool: 'pcp', dryRun: false, checked: 2, failures: 0 });
    expect(report).toMatchObject({ expired: 1, revoked: 0, deleted: 1, startedAt: soon, finishedAt: soon });
    const after = await pool.snapshot();
    expect(after.rows.map(({ pcid }) => pcid)).toEqual([kept.name]);
    const told = after.events.slice(before.events.length);
    expect(told).toMatchObject([
      {
        type: 'PROVISIONING_CERTIFICATE_DELETED',
        facts: { pcid: gone.name, fingerprint: gone.certificate.fingerprint, keyChanged: false },
      },
    ]);
    const epochs = before.rows.map(({ epoch }) => BigInt(epoch));
    expect(BigInt(String(told[0]?.facts['epoch']))).toBeGreaterThan(epochs.reduce((a, b) => (a > b ? a : b)));
    expect((await pool.audited()).slice(known)).toMatchObject([
      { clientId: 'pcp', action: 'cleanse', object: `ProvisioningCertificate ${gone.name}` },
    ]);
    // And that once.
    expect(await cleanse()).toMatchObject({ deleted: 0 });
    expect((await pool.snapshot()).events).toEqual(after.events);
  });

  it('deletes what is itself revoked, asking the CRL once where there is one', async () => {
    const crlUrls = [responder.crlUrlOf(pki.oem.subCa2.certificate)];
    const cars = [];
    for (const number of [1, 2, 3]) cars.push(await car(number, { crlUrls }));
    responder.revoke(cars[1]?.certificate.serialNumber ?? 0n, { reason: 'keyCompromise' });
    pool.clock.advance(day);
    responder.requests.length = 0;
    expect(await cleanse()).toMatchObject({ expired: 0, revoked: 1, deleted: 1, failures: 0 });
    expect(await left()).toEqual([cars[0]?.name, cars[2]?.name]);
    const serials = new Set(cars.map(({ certificate }) => certificate.serialNumber));
    const asked = responder.requests.filter(
      ({ kind, serialNumber }) => kind === 'CRL' || serials.has(serialNumber ?? 0n),
    );
    expect(asked).toEqual([{ kind: 'CRL' }]);
  });

  it.each(['HANG', 'GARBAGE', 'ERROR', 'HANG_UP'] as const)(
    'deletes nothing when the responder answers with %s, and says how much it could not find out',
    async (behaviour) => {
      const { name, certificate } = await car(1);
      responder.revoke(certificate.serialNumber);
      responder.behave(behaviour);
      patience = behaviour === 'HANG' ? 200 : patience;
      pool.clock.advance(day);
      const report = await cleanse();
      expect(report).toMatchObject({ revoked: 0, deleted: 0 });
      expect(report.failures).toBe(1);
      expect(await left()).toEqual([name]);
    },
  );

  it('deletes nothing that the responder does not know, and nothing that is only on hold', async () => {
    const [unknown, held] = [await car(1), await car(2)];
    responder.forget(unknown.certificate.serialNumber);
    responder.revoke(held.certificate.serialNumber, { reason: 'certificateHold' });
    pool.clock.advance(day);
    expect(await cleanse()).toMatchObject({ revoked: 0, deleted: 0 });
    expect(await left()).toHaveLength(2);
  });

  it('deletes nothing because a sub-CA or root has ended or a sub-CA is revoked', async () => {
    const subCa = await issue({
      name: 'Another Sub-CA',
      issuer: pki.oem.subCa1,
      ca: { pathLength: 0 },
      ocspUrls: [responder.ocspUrl],
    });
    const leaf = await issue({ name: 'WDBTEST0000000001', issuer: subCa });
    await published({ vehicleCertificate: pem(leaf), subCa2Certificate: pem(subCa) });
    responder.revoke(subCa.certificate.serialNumber, { reason: 'cACompromise' });
    pool.clock.advance(day);
    expect(await cleanse()).toMatchObject({ refreshed: expect.any(Number) as number, deleted: 0 });
    const [row] = await pool.database.query<{ status: string }>(
      'SELECT status FROM certificate_status WHERE fingerprint = $1',
      [subCa.certificate.fingerprint],
    );
    expect(row).toEqual({ status: 'REVOKED' });
    await pool.database.execute('UPDATE provisioning_certificate SET not_after = $1', [
      new Date('2999-01-01'),
    ]);
    pool.clock.set(new Date('2200-01-01'));
    expect(await cleanse()).toMatchObject({ deleted: 0 });
    expect(await left()).toHaveLength(1);
  });

  it('goes by what has ended alone while revocation is off', async () => {
    const [revoked, ended] = [await car(1), await car(2, { notAfter: soon })];
    responder.revoke(revoked.certificate.serialNumber);
    pool.clock.set(new Date(soon.getTime() - day));
    await cleanse({ dryRun: true });
    const off = cleansing({}, 'off');
    pool.clock.set(soon);
    responder.requests.length = 0;
    expect(await off.run()).toMatchObject({ report: { refreshed: 0, revoked: 0, deleted: 1 } });
    expect(responder.requests).toEqual([]);
    expect(await left()).toEqual([revoked.name]);
    expect(await left()).not.toContain(ended.name);
  });

  it('writes nothing in a dry run and counts what a run would delete by what is known', async () => {
    const [ended, revoked] = [await car(1, { notAfter: soon }), await car(2)];
    await car(3);
    responder.revoke(revoked.certificate.serialNumber, { at: soon });
    pool.clock.set(new Date(soon.getTime() - 1));
    await cleanse();
    pool.clock.set(soon);
    const before = await everything();
    responder.requests.length = 0;
    expect(await cleanse({ dryRun: true })).toMatchObject({
      ...{ dryRun: true, checked: 3, refreshed: 0, expired: 1, revoked: 0, deleted: 0 },
    });
    expect(responder.requests).toEqual([]);
    expect(await everything()).toEqual(before);
    expect(await cleanse()).toMatchObject({ expired: 1, revoked: 1, deleted: 2 });
    expect(await left()).not.toContain(ended.name);
  });

  it('keeps what was renewed between finding and deleting it', async () => {
    const { name } = await car(1, { notAfter: soon });
    const other = await car(2, { notAfter: soon });
    const leaving = createLeavingCertificates({
      database: pool.database,
      by: () => ({ act: { clientId: 'pcp', organisation: 'x', traceId: 'x' }, action: 'cleanse' }),
      onEvent: nothing,
    });
    pool.clock.set(new Date(soon.getTime() - day));
    const found = await leaving.ended(soon, undefined, 10);
    expect(found.map(({ pcid }) => pcid)).toEqual([name, other.name]);
    await car(1);
    const before = await pool.snapshot();
    expect(await leaving.remove(found, soon, true)).toEqual({ expired: 1, revoked: 0 });
    const after = await pool.snapshot();
    expect(after.rows).toEqual(before.rows.filter(({ pcid }) => pcid === name));
    expect(after.events).toHaveLength(before.events.length + 1);
  });

  it('goes through any number of rows in batches, the last one too', async () => {
    for (const number of [1, 2, 3, 4, 5]) await car(number, { notAfter: soon });
    pool.clock.set(soon);
    expect(await cleanse({}, { batchSize: 2, pageSize: 2 })).toMatchObject({ checked: 5, deleted: 5 });
    expect(await left()).toEqual([]);
  });

  it('goes on asking where the time was over, and around to where it began', async () => {
    const cars = [];
    for (const number of [1, 2, 3, 4]) cars.push(await car(number));
    await pool.database.execute('DELETE FROM certificate_status');
    const place = () => pool.database.query('SELECT refreshed_to AS place FROM cleansing');
    expect(await cleanse({}, { refreshTime: 0 })).toMatchObject({ refreshed: 0, checked: 4 });
    expect(await place()).toEqual([{ place: null }]);
    // As if it had been over after the second page.
    const half = { pcid: cars[1]?.name, namespace: 'ISO15118_2' };
    await pool.database.execute('UPDATE cleansing SET refreshed_to = $1', [half]);
    responder.requests.length = 0;
    await cleanse({}, { pageSize: 1, parallel: 1 });
    const serials = cars.map(({ certificate }) => certificate.serialNumber);
    const asked = responder.requests.flatMap(({ serialNumber = 0n }) =>
      serials.includes(serialNumber) ? [serials.indexOf(serialNumber)] : [],
    );
    expect(asked).toEqual([2, 3, 0, 1]);
  });

  it('does not read again what names no source, nor ask again what still holds', async () => {
    await car(1, { ocspUrls: [] });
    await car(2);
    // What was found out when they were published has ended.
    pool.clock.advance(day);
    await cleanse();
    responder.requests.length = 0;
    expect(await cleanse()).toMatchObject({ failures: 0 });
    expect(responder.requests).toEqual([]);
    const rows = await pool.database.query<{ status: string }>(
      `SELECT s.status FROM certificate_status s JOIN provisioning_certificate USING (fingerprint) ORDER BY pcid`,
    );
    expect(rows).toEqual([{ status: 'NOT_CHECKED' }, { status: 'GOOD' }]);
  });

  it('leaves the work to one of two that start at once', async () => {
    for (const number of [1, 2, 3]) await car(number, { notAfter: soon });
    pool.clock.set(soon);
    const before = (await pool.snapshot()).events.length;
    const outcomes = await Promise.all([1, 2].map(() => cleansing({ batchSize: 1 }).run()));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['BUSY', 'DONE']);
    expect((await pool.snapshot()).events).toHaveLength(before + 3);
  });
});
