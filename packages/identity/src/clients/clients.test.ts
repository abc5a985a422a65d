import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startIdentity, type TestIdentity } from '../identity.fixture.ts';
import type { NewClient } from './client.ts';

const oem: NewClient = {
  clientId: 'oem',
  name: 'Cars',
  organisation: 'Cars Inc',
  roles: ['OEM'],
  wmis: ['wvw'],
};
const mo: NewClient = {
  clientId: 'mo',
  name: 'Charging',
  organisation: 'Charging Inc',
  roles: ['MO', 'unknown'],
  providerIds: ['de8aa', 'DE8AA', 'DE8AB'],
};

describe('the partners’ clients', () => {
  let identity: TestIdentity;

  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(async () => {
    await identity.stop();
  });
  beforeEach(async () => {
    await identity.clear();
  });

  it('are found with normalised rights after they were added', async () => {
    const { clients } = identity;
    expect((await clients.add(mo)).clientId).toBe('mo');
    await clients.add(oem);
    expect(await clients.find('mo')).toEqual({
      clientId: 'mo',
      name: 'Charging',
      caller: {
        clientId: 'mo',
        organisation: 'Charging Inc',
        roles: new Set(['MO_EXTERNAL_PKI', 'MO_V2G_PKI']),
        wmis: new Set(),
        providerIds: new Set(['DE8AA', 'DE8AB']),
      },
    });
    expect((await clients.find('oem'))?.caller.wmis).toEqual(new Set(['WVW']));
    expect(await clients.find('nobody')).toBeUndefined();
  });

  it('are given an id when the operator chooses none', async () => {
    const nameless: NewClient = { name: 'Charging', organisation: 'Charging Inc', roles: ['MO'] };
    const first = await identity.clients.add(nameless);
    const second = await identity.clients.add(nameless);
    expect(first.clientId).not.toBe(second.clientId);
    expect(await identity.clients.find(first.clientId)).toMatchObject({ clientId: first.clientId });
  });

  it('are authenticated by their secret alone', async () => {
    const { clients } = identity;
    const { clientSecret } = await clients.add(oem);
    const other = await clients.add({ ...oem, clientId: 'oem-2' });
    expect(await clients.authenticate('oem', clientSecret)).toEqual(await clients.find('oem'));
    for (const [id, secret] of [
      ['oem', other.clientSecret],
      ['oem', ''],
      ['oem', `${clientSecret} `],
      ['OEM', clientSecret],
      ['nobody', clientSecret],
      ['', clientSecret],
    ] as const) {
      expect(await clients.authenticate(id, secret)).toBeUndefined();
    }
  });

  it('are not there when they are disabled', async () => {
    const { clientSecret } = await identity.clients.add(oem);
    await identity.clients.disable('oem');
    expect(await identity.clients.authenticate('oem', clientSecret)).toBeUndefined();
    expect(await identity.clients.find('oem')).toBeUndefined();
  });

  it('are simply unknown by an id that none can have', async () => {
    for (const id of ['\u0000', 'oem\u0000', '\ud800', "' OR 1=1 --", 'x'.repeat(10_000)]) {
      expect(await identity.clients.find(id)).toBeUndefined();
      expect(await identity.clients.authenticate(id, 'secret')).toBeUndefined();
      await expect(identity.clients.rotateSecret(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('keep their secret as a hash only', async () => {
    const { clientSecret } = await identity.clients.add(oem);
    const rows = await identity.database.query<Record<string, unknown>>('SELECT * FROM client');
    expect(rows[0]?.['secret_hash']).toEqual(createHash('sha256').update(clientSecret).digest());
    expect(JSON.stringify(rows)).not.toContain(clientSecret);
    expect(Buffer.from(clientSecret, 'base64url')).toHaveLength(32);
  });

  it('get a new secret that ends the old one', async () => {
    const { clients } = identity;
    const old = await clients.add(oem);
    const other = await clients.add({ ...oem, clientId: 'oem-2' });
    const rotated = await clients.rotateSecret('oem');
    expect(await clients.authenticate('oem', old.clientSecret)).toBeUndefined();
    expect(await clients.authenticate('oem', rotated.clientSecret)).toMatchObject({ clientId: 'oem' });
    expect(await clients.authenticate('oem-2', other.clientSecret)).toMatchObject({ clientId: 'oem-2' });
    await expect(clients.rotateSecret('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('have an id of their own: a taken one is refused and its client stays as it was', async () => {
    const { clientSecret } = await identity.clients.add(oem);
    const before = await identity.rows();
    await expect(identity.clients.add({ ...oem, name: 'Thief', wmis: ['WBA'] })).rejects.toMatchObject({
      code: 'CONFLICT',
      inputPath: ['clientId'],
    });
    expect(await identity.rows()).toBe(before);
    expect(await identity.clients.authenticate('oem', clientSecret)).toMatchObject({ name: 'Cars' });
  });

  it('cannot have a WMI or provider id of another organisation, and then nothing is written', async () => {
    await identity.clients.add(oem);
    await identity.clients.add(mo);
    const before = await identity.rows();
    const thief: NewClient = {
      clientId: 'thief',
      name: 'Thief',
      organisation: 'Thieves',
      roles: ['OEM', 'MO'],
    };
    await expect(identity.clients.add({ ...thief, wmis: ['WBA', 'WVW'] })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'WVW belongs to another organisation.',
      inputPath: ['wmis'],
    });
    await expect(
      identity.clients.add({ ...thief, wmis: ['WBA'], providerIds: ['de8ab'] }),
    ).rejects.toMatchObject({ code: 'CONFLICT', inputPath: ['providerIds'] });
    expect(await identity.rows()).toBe(before);
    expect(await identity.clients.find('thief')).toBeUndefined();
  });

  it('of one organisation may share a WMI', async () => {
    await identity.clients.add(oem);
    await identity.clients.add({ ...oem, clientId: 'oem-2' });
    expect((await identity.clients.find('oem-2'))?.caller.wmis).toEqual(new Set(['WVW']));
  });

  it('of two organisations that claim the same WMIs at the same time get them once', async () => {
    const claims = ['a', 'b', 'c', 'd'].map((name, index) =>
      identity.clients.add({
        ...oem,
        clientId: name,
        organisation: name,
        wmis: index % 2 === 0 ? ['WVW', 'WAU'] : ['WAU', 'WVW'],
      }),
    );
    const outcomes = await Promise.allSettled(claims);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
    }
  });

  it.each<[string, Partial<NewClient>]>([
    ['clientId', { clientId: '' }],
    ['clientId', { clientId: 'a b' }],
    ['clientId', { clientId: 'x'.repeat(101) }],
    ['clientId', { clientId: 'oem\n' }],
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\u0000b' }],
    ['organisation', { organisation: '' }],
    ['organisation', { organisation: 'x'.repeat(201) }],
    ['organisation', { organisation: 'a\u0000b' }],
    ['roles', { roles: [] }],
    ['roles', { roles: ['SERVICE', 'ADMIN'] }],
    ['wmis', { wmis: ['WV'] }],
    ['wmis', { wmis: ['WVW', 'W-W'] }],
    // Capitals of these are ASCII letters, or two of them.
    ['wmis', { wmis: ['\u017fAB'] }],
    ['wmis', { wmis: ['\u00dfA'] }],
    ['providerIds', { providerIds: ['DE8A'] }],
    ['providerIds', { providerIds: ['1E8AA'] }],
    ['providerIds', { providerIds: ['DE-8AA'] }],
    ['providerIds', { providerIds: ['DE8\u00df'] }],
  ])('are refused naming %s: %j', async (field, wrong) => {
    await expect(identity.clients.add({ ...oem, ...wrong })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      inputPath: [field],
    });
    expect(await identity.rows()).toBe(0);
  });
});
