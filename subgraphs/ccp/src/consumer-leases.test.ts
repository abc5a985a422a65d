import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '@chargegraph/identity';
import { mo, oem, operator, otherOem } from './testing/callers.ts';
import { consumersOf, type Consumers } from './testing/consumers.ts';
import { start, startHarness, type Harness } from './testing/harness.ts';

let harness: Harness;
let consumers: Consumers;

beforeAll(async () => {
  harness = await startHarness();
  consumers = consumersOf(harness);
});
afterAll(() => harness.stop());
beforeEach(() => harness.reset());

const shown = async (caller: Caller = operator) => (await consumers.list(caller)).nodes;
const refusal = async (caller: Caller, name: string, input?: object) => {
  const { errors, userErrors } = await consumers.leaseRaw(caller, name, input);
  const error = errors?.[0];
  return error === undefined ? userErrors?.[0] : { ...error.extensions, message: error.message };
};

describe('a consumer that is used for the first time', () => {
  it('is made, beginning now, with its client’s organisation, and is connected for 30 seconds', async () => {
    await consumers.log({}, {});
    const { position } = await consumers.head();
    const { cursor } = await consumers.lease(oem, 'main');
    expect(cursor).toBe(await consumers.cursorAt(position));
    const made = {
      clientId: 'test-client',
      organisation: 'Test',
      name: 'main',
      cursor,
      lag: 0,
      oldestUnacknowledgedAt: null,
      connected: true,
      createdAt: start,
      lastContactAt: start,
    };
    expect(await shown()).toEqual([
      { ...made, createdAt: start.toISOString(), lastContactAt: start.toISOString() },
    ]);
    harness.clock.advance(29_999);
    expect(await shown()).toMatchObject([{ connected: true }]);
    harness.clock.advance(1);
    expect(await shown()).toMatchObject([{ connected: false, lastContactAt: start.toISOString() }]);
  });

  it('begins behind a cursor, or with the oldest event that is kept, when told to', async () => {
    const cursors = await consumers.log({}, {}, {});
    expect((await consumers.lease(oem, 'behind', { after: cursors[0] })).cursor).toBe(cursors[0]);
    await harness.database.execute('DELETE FROM log WHERE position = (SELECT min(position) FROM log)');
    expect((await consumers.lease(oem, 'all', { fromBeginning: true })).cursor).toBe(cursors[0]);
    expect((await shown()).map(({ name, lag }) => [name, lag])).toEqual([
      ['all', 2],
      ['behind', 2],
    ]);
  });

  it('is not made where it cannot begin', async () => {
    const [first] = await consumers.log({}, {}, {});
    await harness.database.execute('DELETE FROM log WHERE position <= (SELECT min(position) + 1 FROM log)');
    const { position } = await consumers.head();
    const elsewhere = await consumers.cursorAt(1, randomUUID());
    const wrong = [
      [{ after: first }, 'CURSOR_EXPIRED'],
      [{ after: elsewhere }, 'CURSOR_INVALID'],
      [{ after: await consumers.cursorAt(position + 1) }, 'CURSOR_INVALID'],
      [{ after: 'nonsense' }, 'CURSOR_INVALID'],
      [{ after: await consumers.cursorAt(position), fromBeginning: true }, 'BAD_INPUT'],
    ] as const;
    for (const [input, code] of wrong) expect(await refusal(oem, 'main', input)).toMatchObject({ code });
    expect(await shown()).toEqual([]);
  });

  it.each(['', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(65)])('cannot be called %j', async (name) => {
    expect(await refusal(oem, name)).toMatchObject({ code: 'BAD_INPUT', path: ['input', 'consumer'] });
  });

  it('can have any name of letters, digits, points, underscores and hyphens, the same as another client’s', async () => {
    for (const name of ['A', 'x'.repeat(64), 'a.b_c-9']) await consumers.lease(oem, name);
    await consumers.lease({ ...otherOem, clientId: 'other-client' }, 'A');
    expect(await shown()).toHaveLength(4);
  });

  it('is refused when its client has 100, and another client’s is not', async () => {
    for (let n = 0; n < 99; n++) await consumers.lease(oem, `c${String(n)}`);
    const both = await Promise.all(['x', 'y'].map((name) => consumers.leaseRaw(oem, name)));
    expect(both.map(({ lease }) => lease == null).sort()).toEqual([false, true]);
    expect(await refusal(oem, 'one-more')).toMatchObject({ code: 'CONFLICT', path: ['input', 'consumer'] });
    await consumers.lease(oem, 'c5');
    await consumers.lease({ ...oem, clientId: 'other-client' }, 'one-more');
  });
});

describe('a consumer that exists', () => {
  it('waits for no other of its client, and only one that is made waits for others that are being made', async () => {
    for (const name of ['main', 'other']) await consumers.lease(oem, name);
    let made: Promise<unknown> | undefined;
    await harness.database.transaction(async (tx) => {
      await tx.query(
        "SELECT pg_advisory_xact_lock(hashtext('event consumers'), hashtext('test-client')) FROM event_consumer WHERE name = 'other' FOR UPDATE",
      );
      let isMade = false;
      made = consumers.lease(oem, 'new').then(() => (isMade = true));
      await consumers.lease(oem, 'main');
      expect(isMade).toBe(false);
    });
    expect(await made).toBe(true);
  });

  it('goes on behind what it acknowledged, and takes no other beginning', async () => {
    await consumers.lease(oem, 'main');
    const [first, second] = await consumers.log({}, {});
    await consumers.mutate(oem, 'acknowledgeEvents', { consumer: 'main', cursor: first });
    expect((await consumers.lease(oem, 'main')).cursor).toBe(first);
    expect(await refusal(oem, 'main', { after: second })).toMatchObject({
      code: 'BAD_INPUT',
      path: ['input', 'after'],
      message: expect.stringContaining('deleteEventConsumer') as string,
    });
    expect(await refusal(oem, 'main', { fromBeginning: true })).toMatchObject({
      code: 'BAD_INPUT',
      path: ['input', 'fromBeginning'],
    });
  });

  it('says how to go on when its log was replaced or pruned beyond its place, and begins anew once deleted', async () => {
    await consumers.lease(oem, 'main');
    await consumers.log({}, {});
    await harness.database.execute('DELETE FROM log');
    expect(await refusal(oem, 'main')).toMatchObject({
      code: 'CURSOR_EXPIRED',
      message: expect.stringContaining('deleteEventConsumer') as string,
    });
    await harness.database.execute('UPDATE log_head SET log_id = gen_random_uuid()');
    expect(await refusal(oem, 'main')).toMatchObject({
      code: 'CURSOR_INVALID',
      message: expect.stringContaining('deleteEventConsumer') as string,
    });
    expect(await shown()).toMatchObject([{ lag: null, oldestUnacknowledgedAt: null }]);
    expect(await consumers.mutate(oem, 'deleteEventConsumer', { name: 'main' })).toMatchObject({
      deletedName: 'main',
      userErrors: [],
    });
    const { position } = await consumers.head();
    expect((await consumers.lease(oem, 'main')).cursor).toBe(await consumers.cursorAt(position));
  });

  it('belongs to the newest subscription: the number grows, and older ones have lost it', async () => {
    const first = await consumers.lease(oem, 'main');
    const second = await consumers.lease(oem, 'main');
    expect(Number(second.fencing)).toBeGreaterThan(Number(first.fencing));
    expect(await consumers.states(first, second)).toEqual(['TAKEN_OVER', 'HELD']);
    expect(await consumers.mutate(operator, 'renewEventConsumers', { leases: [] })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('is kept by renewing, also after it has run out when nobody took it', async () => {
    const lease = await consumers.lease(oem, 'main');
    for (let n = 0; n < 5; n++) {
      harness.clock.advance(20_000);
      expect(await consumers.states(lease)).toEqual(['HELD']);
      expect(await shown()).toMatchObject([
        { connected: true, lastContactAt: harness.clock.now().toISOString() },
      ]);
    }
    harness.clock.advance(60_000);
    expect(await shown()).toMatchObject([{ connected: false }]);
    expect(await consumers.states(lease)).toEqual(['HELD']);
    expect(await shown()).toMatchObject([{ connected: true }]);
  });

  it('is given back by who has it, and not by who has lost it or only knows its number', async () => {
    const { cursor: _, ...first } = await consumers.lease(oem, 'main');
    const { cursor: __, ...second } = await consumers.lease(oem, 'main');
    const release = async (lease: object) =>
      (await consumers.mutate({ ...operator, roles: new Set(['SERVICE']) }, 'releaseEventConsumer', lease))
        .released;
    expect(await release(first)).toBe(false);
    expect(await release({ ...second, holder: randomUUID() })).toBe(false);
    expect(await shown()).toMatchObject([{ connected: true }]);
    expect(await release(second)).toBe(true);
    expect(await release(second)).toBe(false);
    expect(await shown()).toMatchObject([{ connected: false }]);
    expect(await consumers.states(second)).toEqual(['TAKEN_OVER']);
  });

  it('is lost by whoever has it when it is set back or deleted, also when it is made again', async () => {
    await consumers.log({}, {});
    const lease = await consumers.lease(oem, 'main');
    const key = { clientId: 'test-client', consumer: 'main' };
    expect(await consumers.mutate(operator, 'redeliverEvents', key)).toMatchObject({
      userErrors: [],
      consumer: { lag: 2, connected: false },
    });
    expect(await consumers.states(lease)).toEqual(['SET_BACK']);
    const again = await consumers.lease(oem, 'main');
    expect(await consumers.states(lease, again)).toEqual(['TAKEN_OVER', 'HELD']);
    await consumers.mutate(oem, 'deleteEventConsumer', { name: 'main' });
    expect(await consumers.states(again)).toEqual(['GONE']);
    const anew = await consumers.lease(oem, 'main');
    expect(Number(anew.fencing)).toBeGreaterThan(Number(again.fencing));
    expect(await consumers.states(again, anew)).toEqual(['TAKEN_OVER', 'HELD']);
  });

  it('has one holder at the end, whoever came at the same moment', async () => {
    const leases = await Promise.all(Array.from({ length: 12 }, () => consumers.lease(oem, 'main')));
    const newest = leases.toSorted((a, b) => Number(a.fencing) - Number(b.fencing)).at(-1);
    expect(new Set(leases.map(({ fencing }) => fencing)).size).toBe(12);
    const states = await consumers.states(...leases);
    expect(leases.filter((_, index) => states[index] === 'HELD')).toEqual([newest]);
  });

  it('notes the WMIs of its client as of the last contact, and none of one that is no car maker', async () => {
    const wmis = async () =>
      (await harness.database.query<{ wmis: string[] }>('SELECT wmis FROM event_consumer')).map(
        (row) => row.wmis,
      );
    await consumers.lease(oem, 'main');
    expect(await wmis()).toEqual([['WCG']]);
    await consumers.lease({ ...oem, wmis: new Set(['WCG', 'WVW']) }, 'main');
    expect(await wmis()).toEqual([['WCG', 'WVW']]);
    const { position } = await consumers.head();
    const cursor = await consumers.cursorAt(position);
    await consumers.mutate({ ...mo, wmis: new Set(['WCG']) }, 'acknowledgeEvents', {
      consumer: 'main',
      cursor,
    });
    expect(await wmis()).toEqual([[]]);
  });

  it.each([
    ['holder', { holder: 'nonsense' }],
    ['holder', { holder: randomUUID().toUpperCase() }],
    ['fencing', { fencing: '-1' }],
    ['fencing', { fencing: '9'.repeat(30) }],
  ])('refuses a lease with a wrong %s', async (field, wrong) => {
    const { cursor: _, ...lease } = await consumers.lease(oem, 'main');
    const caller = { ...operator, roles: new Set(['SERVICE'] as const) };
    expect(await consumers.mutate(caller, 'releaseEventConsumer', { ...lease, ...wrong })).toMatchObject({
      userErrors: [{ code: 'BAD_INPUT', path: ['input', field] }],
    });
  });
});
