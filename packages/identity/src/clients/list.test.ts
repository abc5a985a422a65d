import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentity, type TestIdentity } from '../identity.fixture.ts';
import { clientSortKey, type ClientFilter, type ClientOrder } from './client.ts';

const oldestFirst: ClientOrder = { by: 'createdAt', descending: false };
const everything = { backward: false, limit: 100, from: undefined };

describe('the list of clients', () => {
  let identity: TestIdentity;

  beforeAll(async () => {
    identity = await startIdentity();
    const { clients, clock } = identity;
    await clients.add({
      clientId: 'd',
      name: 'x',
      organisation: 'Cars',
      roles: ['OEM'],
      wmis: ['WVW', 'WAU'],
    });
    clock.advance(1_000);
    await clients.add({ clientId: 'B', name: 'x', organisation: 'Cars', roles: ['OEM'], wmis: ['WBA'] });
    await clients.add({ clientId: 'a', name: 'x', organisation: 'cars', roles: ['CPO', 'OEM'] });
    clock.advance(1_000);
    await clients.add({
      clientId: 'c',
      name: 'x',
      organisation: 'Power',
      roles: ['MO'],
      providerIds: ['DE8AA'],
    });
    await clients.add({ clientId: 'e', name: 'x', organisation: 'Power', roles: ['OPERATOR'] });
    await clients.disable('e');
  });
  afterAll(() => identity.stop());

  const ids = async (filter: ClientFilter, order = oldestFirst) =>
    (await identity.clients.page(filter, order, everything)).map(({ clientId }) => clientId);

  it.each<[ClientFilter, string[]]>([
    [{}, ['d', 'B', 'a', 'c', 'e']],
    [{ organisation: ' CARS' }, ['d', 'B', 'a']],
    [{ organisation: 'Nobody' }, []],
    [{ roles: ['CPO'] }, ['a']],
    [{ roles: ['MO_V2G_PKI', 'OPERATOR'] }, ['c', 'e']],
    [{ roles: [] }, []],
    [{ wmis: ['wvw', 'WBA'] }, ['d', 'B']],
    [{ wmis: ['DE8'] }, []],
    [{ wmis: ['WVW\u0000', 'W'], providerIds: ['\u0000'] }, []],
    [{ providerIds: ['de8aa'] }, ['c']],
    [{ enabled: true }, ['d', 'B', 'a', 'c']],
    [{ enabled: false }, ['e']],
    [{ enabled: false, organisation: 'Cars' }, []],
    [{ organisation: 'power', roles: ['MO_V2G_PKI'], enabled: true }, ['c']],
  ])('narrowed by %j holds %j, and counts them', async (filter, expected) => {
    expect(await ids(filter)).toEqual(expected);
    expect(await identity.clients.count(filter)).toBe(expected.length);
  });

  it.each<[ClientOrder, string[]]>([
    [oldestFirst, ['d', 'B', 'a', 'c', 'e']],
    [{ by: 'createdAt', descending: true }, ['e', 'c', 'a', 'B', 'd']],
    [{ by: 'clientId', descending: false }, ['B', 'a', 'c', 'd', 'e']],
    [{ by: 'clientId', descending: true }, ['e', 'd', 'c', 'a', 'B']],
  ])('ordered by %j is the same page by page, from either end', async (order, expected) => {
    for (const backward of [false, true]) {
      const seen: string[] = [];
      let from: readonly string[] | undefined;
      for (;;) {
        const rows = await identity.clients.page({}, order, { backward, limit: 2, from });
        const kept = rows.slice(0, 2);
        seen.push(...kept.map(({ clientId }) => clientId));
        const last = kept.at(-1);
        if (rows.length <= 2 || last === undefined) break;
        from = clientSortKey(last, order);
      }
      expect(seen).toEqual(backward ? expected.toReversed() : expected);
    }
  });

  it('refuses an organisation that none can be', async () => {
    await expect(ids({ organisation: 'a\u0000' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      inputPath: ['organisation'],
    });
  });
});
