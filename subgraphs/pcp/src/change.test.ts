import { auditTrail } from '@chargegraph/audit/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { issueProvisioningCertificate, type IssuedCertificate } from '@chargegraph/pki';
import { partner, service } from './pcp.fixture.ts';
import {
  changeCar,
  day,
  inputOf20,
  leaf,
  now,
  oem,
  pcid,
  pem,
  pki,
  pki20,
  pool,
  preparePublishing,
  publish,
  published,
  update,
} from './publish.fixture.ts';
import { statements } from './statements.fixture.ts';

preparePublishing();

const canonical = pcid.toUpperCase();
const foreign = partner('OEM', ['ZZZ']);
const operator = partner('OPERATOR');
const notFound = (field: string) => [
  {
    code: 'NOT_FOUND',
    message: 'The OEM provisioning certificate with given PCID is not found.',
    path: ['input', field],
  },
];
let leaf20: IssuedCertificate;
beforeAll(async () => {
  leaf20 = await issueProvisioningCertificate(pki20, { pcid });
});
const publishBoth = async () => {
  await published();
  await published(inputOf20(leaf20, pki20));
};
const newEvents = async (before: number) => (await pool.snapshot()).events.slice(before);
const newAudits = async (before: number) => (await pool.audited()).slice(before);

describe('updating a provisioning certificate', () => {
  it('replaces the certificate, keeps when it was first published, and is recorded', async () => {
    await published({ previousPcid: 'WDCOLD00000000001' });
    const [{ length: events }, { length: audits }] = [(await pool.snapshot()).events, await pool.audited()];
    const renewed = await issueProvisioningCertificate(pki, { pcid });
    pool.clock.advance(day);
    const { payload } = await update({ vehicleCertificate: pem(renewed) });
    expect(payload?.userErrors).toEqual([]);
    expect(payload?.provisioningCertificate).toMatchObject({
      certificate: { fingerprint: renewed.certificate.fingerprint },
      previousPcid: null,
      publishedAt: now.toISOString(),
      updatedAt: pool.clock.now().toISOString(),
    });
    expect(await newEvents(events)).toMatchObject([
      { type: 'PROVISIONING_CERTIFICATE_UPDATED', facts: { keyChanged: true } },
    ]);
    expect(await newAudits(audits)).toEqual([
      {
        clientId: oem.clientId,
        organisation: oem.organisation,
        traceId: 'test',
        action: 'updateProvisioningCertificate',
        object: `ProvisioningCertificate ${canonical}`,
        outcome: 'DONE',
      },
    ]);
  });

  it('changes, tells and records nothing for the same content', async () => {
    await published();
    const [before, audits] = [await pool.snapshot(), await pool.audited()];
    pool.clock.advance(day);
    expect((await update()).payload?.userErrors).toEqual([]);
    expect(await pool.snapshot()).toEqual(before);
    expect(await pool.audited()).toEqual(audits);
  });

  it('refuses as publishing does', async () => {
    await published();
    const before = await pool.snapshot();
    const { payload } = await update({ subCa1Certificate: pem(pki.mo.subCa1) });
    expect(payload?.userErrors).toMatchObject([{ code: 'CHAIN_INVALID' }]);
    const { payload: unreadable } = await update({ vehicleCertificate: 'garbage' });
    expect(unreadable?.userErrors).toMatchObject([
      { code: 'CERTIFICATE_INVALID', message: 'Invalid certificate format on vehicleCertificate' },
    ]);
    expect(await pool.snapshot()).toEqual(before);
  });

  it('does not find a generation of which the car has none', async () => {
    await published();
    const { payload } = await update(inputOf20(leaf20, pki20));
    expect(payload?.userErrors).toEqual(notFound('vehicleCertificate'));
  });

  it('does not find a car that was deleted while its chain was checked', async () => {
    await published();
    pool.meanwhile.work = () => changeCar('deleteProvisioningCertificate', { pcid });
    const { payload } = await update({
      vehicleCertificate: pem(await issueProvisioningCertificate(pki, { pcid })),
    });
    expect(payload?.userErrors).toEqual(notFound('vehicleCertificate'));
    expect((await pool.snapshot()).rows).toEqual([]);
  });

  it('answers alike, with the same queries, for a foreign car and one that does not exist', async () => {
    await published();
    const absent = pem(await issueProvisioningCertificate(pki, { pcid: 'WDB00000000000009' }));
    const [answers, sent]: [unknown[], string[][]] = [[], []];
    for (const input of [{}, { vehicleCertificate: absent }]) {
      sent.push(await statements(pool, async () => answers.push((await update(input, foreign)).payload)));
    }
    expect(answers[0]).toEqual({ provisioningCertificate: null, userErrors: notFound('vehicleCertificate') });
    expect(answers[1]).toEqual(answers[0]);
    expect(sent[0]).toHaveLength(1);
    expect(sent[1]).toEqual(sent[0]);
    expect(await statements(pool, () => update())).toEqual(expect.arrayContaining(sent[0] ?? []));
  });
});

describe('deleting provisioning certificates', () => {
  it('takes all of a car, tells of each with a new epoch, and is recorded', async () => {
    await publishBoth();
    const before = await pool.snapshot();
    const audits = (await pool.audited()).length;
    const { payload } = await changeCar('deleteProvisioningCertificate', { pcid: canonical });
    expect(payload).toEqual({
      deletedPcid: pcid,
      deletedNamespaces: ['ISO15118_2', 'ISO15118_20'],
      userErrors: [],
    });
    expect((await pool.snapshot()).rows).toEqual([]);
    const events = await newEvents(before.events.length);
    expect(events).toMatchObject(
      [
        [leaf, 'ISO15118_2'],
        [leaf20, 'ISO15118_20'],
      ].map(([car, namespace]) => ({
        type: 'PROVISIONING_CERTIFICATE_DELETED',
        facts: {
          pcid: canonical,
          commonName: pcid,
          wmi: 'WDB',
          namespace,
          fingerprint: (car as IssuedCertificate).certificate.fingerprint,
          previousFingerprint: null,
          keyChanged: false,
        },
      })),
    );
    const latest = before.rows.map(({ epoch }) => BigInt(epoch)).reduce((a, b) => (a > b ? a : b));
    for (const { facts } of events) expect(BigInt(String(facts['epoch']))).toBeGreaterThan(latest);
    expect(await newAudits(audits)).toMatchObject([
      {
        action: 'deleteProvisioningCertificate',
        object: `ProvisioningCertificate ${canonical}`,
        outcome: 'DONE',
      },
    ]);
  });

  it('takes one generation only, if it is named', async () => {
    await publishBoth();
    const { payload } = await changeCar('deleteProvisioningCertificate', { pcid, namespace: 'ISO15118_20' });
    expect(payload?.deletedNamespaces).toEqual(['ISO15118_20']);
    expect((await pool.snapshot()).rows.map(({ namespace }) => namespace)).toEqual(['ISO15118_2']);
    const again = await changeCar('deleteProvisioningCertificate', { pcid, namespace: 'ISO15118_20' });
    expect(again.payload?.userErrors).toEqual(notFound('pcid'));
  });

  it('is for the operator, whosever car it is', async () => {
    await published();
    expect(
      (await changeCar('deleteProvisioningCertificate', { pcid }, operator)).payload?.userErrors,
    ).toEqual([]);
    expect((await pool.snapshot()).rows).toEqual([]);
  });

  it('lets the certificate be published again, under a later epoch', async () => {
    await published();
    await changeCar('deleteProvisioningCertificate', { pcid });
    const deleted = (await pool.snapshot()).events.at(-1);
    await published();
    const { rows, events } = await pool.snapshot();
    expect(events.at(-1)).toMatchObject({ type: 'PROVISIONING_CERTIFICATE_PUBLISHED' });
    expect(BigInt(rows[0]?.epoch ?? 0)).toBeGreaterThan(BigInt(String(deleted?.facts['epoch'])));
  });
});

describe('a factory reset', () => {
  it('keeps the certificates, renews their epochs, tells of each and is recorded', async () => {
    await publishBoth();
    const before = await pool.snapshot();
    const audits = (await pool.audited()).length;
    pool.clock.advance(day);
    const { payload } = await changeCar('factoryResetVehicle', { pcid: canonical });
    expect(payload).toEqual({
      provisioningCertificates: [
        { pcid, namespace: 'ISO15118_2' },
        { pcid, namespace: 'ISO15118_20' },
      ],
      userErrors: [],
    });
    const after = await pool.snapshot();
    const withoutEpoch = ({ rows }: typeof after) => rows.map((row) => ({ ...row, epoch: undefined }));
    expect(withoutEpoch(after)).toEqual(withoutEpoch(before));
    expect(after.events.slice(before.events.length)).toMatchObject(
      after.rows.map(({ namespace, epoch, fingerprint }) => ({
        type: 'PROVISIONING_CERTIFICATE_FACTORY_RESET',
        facts: { pcid: canonical, namespace, epoch, fingerprint, keyChanged: false },
      })),
    );
    for (const [index, row] of after.rows.entries()) {
      expect(BigInt(row.epoch)).toBeGreaterThan(BigInt(before.rows[index]?.epoch ?? 0));
    }
    expect(await newAudits(audits)).toMatchObject([
      { action: 'factoryResetVehicle', object: `ProvisioningCertificate ${canonical}`, outcome: 'DONE' },
    ]);
  });
});

describe.each(['deleteProvisioningCertificate', 'factoryResetVehicle'] as const)('%s', (name) => {
  it('answers alike, with the same queries, for a foreign car and one that does not exist', async () => {
    await publishBoth();
    const [before, audits] = [await pool.snapshot(), await pool.audited()];
    const { length: known } = await auditTrail(pool.database);
    const [answers, sent]: [unknown[], string[][]] = [[], []];
    const cars = [pcid, 'WDB00000000000009'];
    for (const each of cars) {
      const change = async () => answers.push((await changeCar(name, { pcid: each }, foreign)).payload);
      sent.push(await statements(pool, change));
    }
    expect(answers[0]).toMatchObject({ userErrors: notFound('pcid') });
    expect(answers[1]).toEqual(answers[0]);
    expect(sent[0]).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(await pool.snapshot()).toEqual(before);
    expect(await pool.audited()).toEqual(audits);
    // The refusals are recorded alike too, each after its answer.
    await vi.waitFor(async () => {
      const refused = (await auditTrail(pool.database)).slice(known);
      for (const each of cars) {
        const object = `ProvisioningCertificate ${each.toUpperCase()}`;
        expect(refused).toContainEqual(
          expect.objectContaining({ action: name, object, outcome: 'REFUSED', code: 'NOT_FOUND' }),
        );
      }
    }, 10_000);
    expect(await statements(pool, () => changeCar(name, { pcid }))).toEqual(
      expect.arrayContaining(sent[0] ?? []),
    );
  });
});

describe('what a role may not change', () => {
  it.each(['MO', 'CPO', 'CPS', 'NOBODY'])('%s: anything', async (role) => {
    await published();
    const before = await pool.snapshot();
    const caller = partner(role, ['WDB']);
    const responses = [
      await publish({}, caller),
      await update({}, caller),
      await changeCar('deleteProvisioningCertificate', { pcid }, caller),
      await changeCar('factoryResetVehicle', { pcid }, caller),
    ];
    for (const { errors } of responses) expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await pool.snapshot()).toEqual(before);
  });

  it.each([
    ['the operator', operator],
    ['a service', service],
  ])('%s: publish, update and reset', async (_, caller) => {
    await published();
    const responses = [
      await publish({}, caller),
      await update({}, caller),
      await changeCar('factoryResetVehicle', { pcid }, caller),
    ];
    for (const { errors } of responses) expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});
