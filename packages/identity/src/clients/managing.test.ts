import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operatorsAct, startIdentity, type TestIdentity } from '../identity.fixture.ts';
import type { NewClient } from './client.ts';

const oem: NewClient = {
  clientId: 'oem',
  name: 'Cars',
  organisation: 'Cars Inc',
  roles: ['OEM'],
  wmis: ['WVW', 'WAU'],
};
const rival: NewClient = { ...oem, clientId: 'rival', organisation: 'Rival Inc', wmis: [] };

describe('managing clients', () => {
  let identity: TestIdentity;
  let clients: TestIdentity['clients'];

  beforeAll(async () => {
    identity = await startIdentity();
    ({ clients } = identity);
  });
  afterAll(() => identity.stop());
  beforeEach(() => identity.clear());

  /** Actions and objects that were recorded since the clients were set up. */
  const actions = async () =>
    (await identity.recorded())
      .filter(({ action }) => action !== 'addClient')
      .map(({ action, object }) => `${String(action)} ${String(object)}`);

  describe('disabling and enabling', () => {
    it('shuts a client out and lets it in again, with the same secret', async () => {
      const { clientSecret } = await clients.add(oem);
      const now = identity.clock.now();
      expect(await clients.disable('oem')).toMatchObject({ clientId: 'oem', disabledAt: now });
      expect(await clients.authenticate('oem', clientSecret)).toBeUndefined();
      expect(await clients.get('oem')).toMatchObject({ clientId: 'oem', disabledAt: now });
      expect(await clients.enable('oem')).toMatchObject({ clientId: 'oem', disabledAt: undefined });
      expect(await clients.authenticate('oem', clientSecret)).toMatchObject({ clientId: 'oem' });
      expect(await actions()).toEqual(['disableClient Client oem', 'enableClient Client oem']);
    });

    it('changes and records nothing when it is so already', async () => {
      await clients.add(oem);
      await clients.enable('oem');
      const { disabledAt } = await clients.disable('oem');
      identity.clock.advance(1_000);
      expect(await clients.disable('oem')).toMatchObject({ disabledAt });
      expect(await actions()).toEqual(['disableClient Client oem']);
    });
  });

  describe('an update', () => {
    it('changes what it names and leaves the rest', async () => {
      await clients.add(oem);
      expect(await clients.update('oem', { name: 'Better cars', wmis: ['wau', 'WBA'] })).toEqual({
        clientId: 'oem',
        name: 'Better cars',
        organisation: 'Cars Inc',
        roles: ['OEM'],
        wmis: ['WAU', 'WBA'],
        providerIds: [],
        createdAt: identity.clock.now(),
        disabledAt: undefined,
      });
      await clients.update('oem', { roles: ['MO'], providerIds: ['DE8AA'] });
      expect((await clients.find('oem'))?.caller).toEqual({
        clientId: 'oem',
        organisation: 'Cars Inc',
        roles: new Set(['MO_EXTERNAL_PKI', 'MO_V2G_PKI']),
        wmis: new Set(['WAU', 'WBA']),
        providerIds: new Set(['DE8AA']),
      });
      expect(await actions()).toEqual(['updateClient Client oem', 'updateClient Client oem']);
    });

    it('that changes nothing is not recorded', async () => {
      await clients.add(oem);
      const before = await clients.get('oem');
      expect(await clients.update('oem', {})).toEqual(before);
      expect(await clients.update('oem', { name: 'Cars', roles: ['OEM'], wmis: ['WAU', 'wvw'] })).toEqual(
        before,
      );
      expect(await actions()).toEqual([]);
    });

    it.each([
      ['name', { name: '' }],
      ['roles', { roles: ['NOBODY'] }],
      ['wmis', { wmis: ['WVWX'] }],
      ['providerIds', { providerIds: ['8A'] }],
    ])('is refused naming %s, and changes nothing', async (field, change) => {
      await clients.add(oem);
      const before = await clients.get('oem');
      await expect(clients.update('oem', { name: 'New', ...change })).rejects.toMatchObject({
        code: 'BAD_INPUT',
        inputPath: [field],
      });
      expect(await clients.get('oem')).toEqual(before);
      expect(await actions()).toEqual([]);
    });

    it('cannot take another organisation’s WMI, and then changes nothing', async () => {
      await clients.add(oem);
      await clients.add(rival);
      await expect(clients.update('rival', { name: 'New', wmis: ['WBA', 'WVW'] })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: 'WVW belongs to another organisation.',
        inputPath: ['wmis'],
      });
      expect(await clients.get('rival')).toMatchObject({ name: 'Cars', wmis: [] });
      expect(await actions()).toEqual([]);
    });
  });

  it.each(['nobody', '', 'a b', 'x'.repeat(500), '\u0000'])('finds no client %j to change', async (id) => {
    for (const work of [
      () => clients.update(id, { name: 'x' }),
      () => clients.rotateSecret(id),
      () => clients.disable(id),
      () => clients.enable(id),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'NOT_FOUND', inputPath: ['clientId'] });
    }
    expect(await identity.recorded()).toEqual([]);
  });

  describe('a WMI or provider id', () => {
    it('stays with its organisation while any client has it, a disabled one too', async () => {
      await clients.add(oem);
      await clients.add({ ...oem, clientId: 'oem-2', wmis: ['WVW'] });
      await clients.add(rival);
      const take = () => clients.update('rival', { wmis: ['WVW'] });
      await clients.update('oem', { wmis: [] });
      await expect(take()).rejects.toMatchObject({ code: 'CONFLICT' });
      await clients.disable('oem-2');
      await expect(take()).rejects.toMatchObject({ code: 'CONFLICT' });
      await clients.update('oem-2', { wmis: [] });
      expect(await take()).toMatchObject({ wmis: ['WVW'] });
      // And now it is theirs.
      await expect(clients.update('oem', { wmis: ['WVW'] })).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('of the same letters is another one as a provider id of somebody else', async () => {
      await clients.add({ ...oem, providerIds: ['DE8AA'] });
      await clients.update('oem', { providerIds: [] });
      await clients.add({ ...rival, providerIds: ['DE8AA'] });
      expect(await clients.get('rival')).toMatchObject({ providerIds: ['DE8AA'] });
      expect(await clients.get('oem')).toMatchObject({ wmis: ['WAU', 'WVW'] });
    });

    it('that one client gives back while another one takes it has exactly one owner in the end', async () => {
      await clients.add(oem);
      await clients.add({ ...oem, clientId: 'oem-2', wmis: [] });
      await clients.add(rival);
      for (let round = 0; round < 15; round++) {
        await clients.update('rival', { wmis: [] });
        await clients.update('oem-2', { wmis: [] });
        await clients.update('oem', { wmis: ['WVW', 'WAU'] });
        const outcomes = await Promise.allSettled([
          clients.update('oem', { wmis: [] }),
          clients.update('oem-2', { wmis: ['WAU', 'WVW'] }),
          clients.update('rival', { wmis: ['WVW'] }),
        ]);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
        }
        const owners = await identity.database.query<{ organisation: string }>(
          `SELECT DISTINCT organisation FROM client JOIN client_identifier USING (client_id) WHERE value = 'WVW'`,
        );
        expect(owners).toHaveLength(1);
        const belongs = await identity.database.query(
          `SELECT organisation FROM organisation_identifier WHERE value = 'WVW'`,
        );
        expect(belongs).toEqual(owners);
      }
    });
  });

  describe('an organisation', () => {
    it('is the same whatever the case and the space around it, and is shown as it was first given', async () => {
      await clients.add({ ...oem, organisation: ' Müller Cars ' });
      const same = await clients.add({ ...oem, clientId: 'oem-2', organisation: 'MÜLLER cars' });
      expect(same.client).toMatchObject({ organisation: 'Müller Cars', wmis: ['WAU', 'WVW'] });
      expect((await clients.find('oem-2'))?.caller.organisation).toBe('Müller Cars');
      // Composed and decomposed letters look alike.
      await clients.add({ ...oem, clientId: 'oem-3', organisation: 'mu\u0308ller cars' });
      expect(await clients.get('oem-3')).toMatchObject({ organisation: 'Müller Cars' });
      await expect(
        clients.add({ ...oem, clientId: 'oem-4', organisation: 'Müller-Cars' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('that was refused its first client is not remembered', async () => {
      await clients.add(oem);
      await expect(clients.add({ ...oem, clientId: 'x', organisation: 'RIVAL' })).rejects.toThrow();
      await clients.add({ ...rival, organisation: 'Rival' });
      expect(await clients.get('rival')).toMatchObject({ organisation: 'Rival' });
    });
  });

  it('is recorded as whoever did it, and never with a secret', async () => {
    const now = identity.clock.now();
    const { clientSecret } = await clients.add(oem);
    const somebody = { clientId: 'boss', organisation: 'Operators', traceId: 'trace-2' };
    const rotated = await identity.clientsAs(somebody).rotateSecret('oem');
    const recorded = await identity.recorded();
    expect(recorded).toEqual([
      {
        client_id: operatorsAct.clientId,
        organisation: 'Operators',
        trace_id: 'trace-1',
        action: 'addClient',
        object: 'Client oem',
        outcome: 'DONE',
        occurred_at: now,
      },
      {
        client_id: 'boss',
        organisation: 'Operators',
        trace_id: 'trace-2',
        action: 'rotateClientSecret',
        object: 'Client oem',
        outcome: 'DONE',
        occurred_at: now,
      },
    ]);
    for (const secret of [clientSecret, rotated.clientSecret]) {
      expect(JSON.stringify(await identity.database.query('SELECT * FROM audit_open'))).not.toContain(secret);
    }
    expect(JSON.stringify(rotated.client)).not.toContain(rotated.clientSecret);
  });

  it('that is refused is not recorded as done', async () => {
    await clients.add(oem);
    await expect(clients.add(oem)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(clients.add({ ...rival, wmis: ['WVW'] })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await identity.recorded()).toHaveLength(1);
  });
});
