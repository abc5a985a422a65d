import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditTrail, recordedSince } from '@chargegraph/audit/testing';
import type { Caller } from '@chargegraph/identity';
import { callerWith, mo, oem, operator, otherMo, otherOem, service } from './testing/callers.ts';
import { consumersOf, type Consumers } from './testing/consumers.ts';
import { startHarness, type Harness } from './testing/harness.ts';
import { eventLog, oneEvent } from './testing/operations.ts';

let harness: Harness;
let consumers: Consumers;

beforeAll(async () => {
  harness = await startHarness();
  consumers = consumersOf(harness);
});
afterAll(() => harness.stop());
beforeEach(() => harness.reset());

const acknowledge = (caller: Caller, cursor: string | undefined, consumer = 'main') =>
  consumers.mutate(caller, 'acknowledgeEvents', { consumer, cursor });
const reject = (caller: Caller, cursor: string | undefined, reason = 'No such car', consumer = 'main') =>
  consumers.mutate(caller, 'rejectEvent', { consumer, cursor, reason });
/** What is told of events that wait is another matter, and another test's. */
const told = async () => (await consumers.told()).filter((each) => !each.includes('QUEUED'));
const sent = (what: string, emaid: string) => `MO_CONTRACT_${what}_SENT_TO_OEM ${emaid}`;

/** Of the same organisation, with the same rights. */
const colleague: Caller = { ...oem, clientId: 'colleague' };

describe('an acknowledgement', () => {
  it('tells each contract’s operator what was received: created, updated, deleted, and nothing else', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log(
      { emaid: 'A' },
      { emaid: 'A', type: 'OEM_CONTRACT_UPDATED' },
      { emaid: 'B', providerId: 'DEXYZ' },
      { emaid: 'C', wmi: 'WXX' },
      { emaid: 'A', type: 'MO_CONTRACT_DELIVERED_TO_OEM' },
      { emaid: 'A', type: 'OEM_CONTRACT_DELETED' },
      { emaid: 'D' },
    );
    const before = await told();
    const { consumer } = await acknowledge(oem, cursors[5]);
    expect(consumer).toMatchObject({ cursor: cursors[5] });
    expect((await told()).slice(before.length)).toEqual([
      sent('CREATED', 'A'),
      sent('UPDATED', 'A'),
      sent('CREATED', 'B'),
      sent('DELETED', 'A'),
    ]);
    const last = (await harness.events()).at(-1);
    expect(last).toEqual({
      type: 'MO_CONTRACT_DELETED_SENT_TO_OEM',
      facts: {
        emaid: 'A',
        emaidKey: 'A',
        pcid: 'WCGTEST0000000001',
        pcidKey: 'WCGTEST0000000001',
        wmi: 'WCG',
        providerId: 'DEABC',
        namespaces: [],
      },
    });
  });

  it('is heard by the contract’s operator and the installation’s, and by no other operator and no car maker', async () => {
    await consumers.lease(oem, 'main');
    const [cursor] = await consumers.log({});
    await acknowledge(oem, cursor);
    await harness.logged(2);
    const { data } = await harness.run(operator, eventLog, { first: 10 });
    const { events } = data?.['contractEventLog'] as { events: { type: string; cursor: string }[] };
    const type = 'MO_CONTRACT_CREATED_SENT_TO_OEM';
    const ofIt = events.find((event) => event.type === type)?.cursor;
    const seenBy = async (caller: Caller) =>
      (await harness.run(caller, oneEvent, { cursor: ofIt })).data?.['contractEvent'];
    for (const caller of [mo, operator]) expect(await seenBy(caller)).toMatchObject({ type });
    for (const caller of [otherMo, oem, otherOem]) expect(await seenBy(caller)).toBeNull();
  });

  it('tells nothing for cars of others, for a mobility operator’s or the operator’s consumer, or twice', async () => {
    for (const caller of [otherOem, mo, operator]) {
      const own = { ...caller, clientId: caller.roles.values().next().value ?? '' };
      await consumers.lease(own, 'main');
      const [cursor] = await consumers.log({});
      expect((await acknowledge(own, cursor)).userErrors).toEqual([]);
    }
    expect(await told()).toEqual([]);
    await consumers.lease(oem, 'main');
    const [cursor] = await consumers.log({ emaid: 'A' });
    for (let n = 0; n < 3; n++) await acknowledge(oem, cursor);
    expect(await told()).toEqual([sent('CREATED', 'A')]);
  });

  it('of an older cursor changes nothing', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log({}, {}, {});
    await acknowledge(oem, cursors[2]);
    expect((await acknowledge(oem, cursors[0])).consumer).toMatchObject({ cursor: cursors[2] });
    expect(await told()).toHaveLength(3);
  });

  it('shows how far behind the consumer is, and how old what follows is', async () => {
    // Of a client whose acknowledgements make no events, which would count as well.
    await consumers.lease(mo, 'main');
    const [first] = await consumers.log({});
    harness.clock.advance(60_000);
    const at = harness.clock.now();
    await consumers.log({}, { wmi: 'WXX' });
    harness.clock.advance(60_000);
    await consumers.log({});
    const { consumer } = await acknowledge(mo, first);
    expect(consumer).toMatchObject({ lag: 3, oldestUnacknowledgedAt: at.toISOString() });
    expect(consumer?.lastContactAt).toBe(harness.clock.now().toISOString());
  });

  it('is refused beyond the head, of another log or pool, and of what is no cursor; it changes nothing then', async () => {
    const { cursor } = await consumers.lease(oem, 'main');
    await consumers.log({});
    const { position } = await consumers.head();
    const wrong = [
      await consumers.cursorAt(position + 1),
      await consumers.cursorAt(position, randomUUID()),
      'nonsense',
    ];
    for (const each of wrong) {
      expect(await acknowledge(oem, each)).toMatchObject({
        errors: [{ extensions: { code: 'CURSOR_INVALID' } }],
      });
    }
    expect((await consumers.list(oem)).nodes).toMatchObject([{ cursor, lag: 1 }]);
    expect(await told()).toEqual([]);
  });

  it('is refused for a consumer whose log was replaced, with how to go on', async () => {
    await consumers.lease(oem, 'main');
    await consumers.log({});
    await harness.database.execute('UPDATE log_head SET log_id = gen_random_uuid()');
    const { position } = await consumers.head();
    expect(await acknowledge(oem, await consumers.cursorAt(position))).toMatchObject({
      errors: [
        {
          message: expect.stringContaining('deleteEventConsumer') as string,
          extensions: { code: 'CURSOR_INVALID' },
        },
      ],
    });
  });

  it('reads alike for a colleague’s, another organisation’s and nobody’s consumer', async () => {
    await consumers.lease(oem, 'main');
    const [cursor] = await consumers.log({});
    for (const caller of [colleague, { ...otherOem, clientId: 'other' }, { ...operator, clientId: 'op' }]) {
      expect(await acknowledge(caller, cursor)).toEqual({
        errors: undefined,
        consumer: null,
        userErrors: [
          { code: 'NOT_FOUND', message: 'There is no such consumer.', path: ['input', 'consumer'] },
        ],
      });
    }
    expect(await told()).toEqual([]);
  });

  it('by two consumers at the same moment tells each event once', async () => {
    await consumers.lease(oem, 'main');
    await consumers.lease(oem, 'second');
    await consumers.lease(colleague, 'main');
    const cursors = await consumers.log(...Array.from({ length: 300 }, () => ({})));
    await Promise.all([
      acknowledge(oem, cursors[299]),
      acknowledge(oem, cursors[250], 'second'),
      acknowledge(colleague, cursors[299]),
      acknowledge(oem, cursors[100]),
      acknowledge(oem, cursors[299], 'second'),
    ]);
    const events = await told();
    expect(events).toHaveLength(300);
    expect(new Set(events).size).toBe(300);
    expect((await consumers.list(operator)).nodes.map(({ cursor }) => cursor)).toEqual(
      Array<string | undefined>(3).fill(cursors[299]),
    );
  });

  it('of 12,000 events is carried out in one request, in the order of the log', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log(...Array.from({ length: 12_000 }, () => ({})));
    const { consumer } = await acknowledge(oem, cursors.at(-1));
    expect(consumer).toMatchObject({ cursor: cursors.at(-1) });
    const events = await told();
    expect(events).toHaveLength(12_000);
    expect(events).toEqual(events.toSorted());
  }, 30_000);

  it('that breaks down moves nothing and tells nothing of its stretch', async () => {
    const { cursor } = await consumers.lease(oem, 'main');
    const cursors = await consumers.log({}, {});
    await harness.database.execute(
      'ALTER TABLE event_consumer ADD CONSTRAINT no_move CHECK (position < 0) NOT VALID',
    );
    try {
      expect((await acknowledge(oem, cursors[1])).errors).toHaveLength(1);
    } finally {
      await harness.database.execute('ALTER TABLE event_consumer DROP CONSTRAINT no_move');
    }
    expect(await told()).toEqual([]);
    expect((await consumers.list(oem)).nodes).toMatchObject([{ cursor }]);
  });

  it('is no write for the audit; a rejection, a deletion and what the operator does are', async () => {
    const known = (await auditTrail(harness.database)).length;
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log({}, {}, {});
    await acknowledge(oem, cursors[0]);
    await acknowledge(oem, cursors[0], 'nobody');
    await reject(oem, cursors[1]);
    await reject(oem, cursors[1]);
    const key = { clientId: 'test-client', consumer: 'main' };
    await consumers.mutate(operator, 'sendTestEvent', key);
    await consumers.mutate(operator, 'redeliverEvents', key);
    await consumers.mutate(oem, 'deleteEventConsumer', { name: 'main' });
    await consumers.mutate(oem, 'deleteEventConsumer', { name: 'main' });
    await recordedSince(harness.database, known + 4);
    const records = (await auditTrail(harness.database)).slice(known);
    const object = 'EventConsumer test-client main';
    expect(records.map(({ action, object: of, outcome }) => ({ action, of, outcome }))).toEqual([
      ...['rejectEvent', 'sendTestEvent', 'redeliverEvents', 'deleteEventConsumer'].map((action) => ({
        action,
        of: object,
        outcome: 'DONE',
      })),
      { action: 'deleteEventConsumer', of: '', outcome: 'REFUSED' },
    ]);
  });
});

describe('a rejection', () => {
  it('tells the operator why, counts what stands before it as received, and moves behind it', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log({ emaid: 'A' }, { emaid: 'B' }, { emaid: 'C' });
    const { consumer } = await reject(oem, cursors[1], '  Car is scrapped ');
    expect(consumer).toMatchObject({ cursor: cursors[1] });
    expect(await told()).toEqual([sent('CREATED', 'A'), 'MO_CONTRACT_REJECTED_BY_OEM B Car is scrapped']);
    await harness.logged(5);
    const { data } = await harness.run(
      operator,
      '{ contractEventLog(first: 100) { events { type reason } } }',
    );
    const { events } = data?.['contractEventLog'] as { events: { type: string; reason: string | null }[] };
    expect(events.filter(({ reason }) => reason !== null)).toEqual([
      { type: 'MO_CONTRACT_REJECTED_BY_OEM', reason: 'Car is scrapped' },
    ]);
  });

  it('again changes nothing, by the same consumer or another', async () => {
    await consumers.lease(oem, 'main');
    await consumers.lease(oem, 'second');
    const [cursor] = await consumers.log({ emaid: 'A' });
    for (const consumer of ['main', 'main', 'second']) {
      expect(await reject(oem, cursor, 'No', consumer)).toMatchObject({
        userErrors: [],
        consumer: { cursor },
      });
    }
    expect(await told()).toEqual(['MO_CONTRACT_REJECTED_BY_OEM A No']);
  });

  it('of an event that is acknowledged already is refused, unless another consumer has it before it', async () => {
    await consumers.lease(oem, 'main');
    await consumers.lease(oem, 'second');
    const [cursor] = await consumers.log({ emaid: 'A' });
    await acknowledge(oem, cursor);
    expect(await reject(oem, cursor)).toMatchObject({
      userErrors: [{ code: 'CONFLICT', path: ['input', 'cursor'] }],
    });
    expect(await reject(oem, cursor, 'No', 'second')).toMatchObject({ userErrors: [] });
    expect(await told()).toEqual([sent('CREATED', 'A'), 'MO_CONTRACT_REJECTED_BY_OEM A No']);
  });

  it('of another’s event, a marker’s place or none reads as not there, and moves nothing', async () => {
    const both = callerWith(['OEM', 'MO_EXTERNAL_PKI'], { wmis: ['WCG'], providerIds: ['DEABC'] });
    const { cursor: begin } = await consumers.lease(both, 'main');
    const cursors = await consumers.log(
      {},
      { wmi: 'WXX', providerId: 'DEXYZ' },
      { type: 'MO_CONTRACT_DELIVERED_TO_OEM', providerId: 'DEXYZ' },
      { type: 'MO_CONTRACT_DELIVERED_TO_OEM' },
    );
    for (const cursor of [cursors[1], cursors[2]]) {
      expect(await reject(both, cursor)).toMatchObject({
        userErrors: [{ code: 'NOT_FOUND', message: 'There is no such event.', path: ['input', 'cursor'] }],
      });
    }
    expect(await reject(both, cursors[3])).toMatchObject({
      userErrors: [{ code: 'BAD_INPUT', path: ['input', 'cursor'] }],
    });
    expect((await consumers.list(both)).nodes).toMatchObject([{ cursor: begin }]);
    expect(await told()).not.toContainEqual(expect.stringContaining('SENT'));
  });

  it('is for the car maker alone: operators, who hear events too, cannot', async () => {
    const [cursor] = await consumers.log({});
    const both = { ...oem, roles: new Set(['OEM', 'OPERATOR'] as const), wmis: new Set(['WXX']) };
    await consumers.lease(both, 'main', { fromBeginning: true });
    expect(await reject(both, cursor)).toMatchObject({ userErrors: [{ code: 'BAD_INPUT' }] });
    for (const caller of [operator, mo]) {
      expect(await reject(caller, cursor)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    }
  });

  it.each(['', '   ', 'a\nb', 'a\rb', 'a\u0000b', 'a\u2028b', 'a\ud800b', 'x'.repeat(501)])(
    'is refused for the reason %j',
    async (reason) => {
      await consumers.lease(oem, 'main');
      const [cursor] = await consumers.log({});
      expect(await reject(oem, cursor, reason)).toMatchObject({
        userErrors: [{ code: 'BAD_INPUT', path: ['input', 'reason'] }],
      });
      expect(await told()).toEqual([]);
    },
  );

  it('far ahead acknowledges all of the way', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log(...Array.from({ length: 5_002 }, () => ({})));
    expect(await reject(oem, cursors.at(-1))).toMatchObject({ userErrors: [] });
    expect(await told()).toHaveLength(5_002);
    expect((await told()).at(-1)).toContain('REJECTED');
  }, 30_000);
});

describe('the list of consumers', () => {
  it('has a client’s own, or all for the operator, narrowed and paged', async () => {
    const mine = { ...mo, clientId: 'mo-1' };
    await consumers.lease(mine, 'b');
    for (const name of ['a', 'c', 'b']) await consumers.lease(oem, name);
    await consumers.mutate(service, 'releaseEventConsumer', {
      ...(({ cursor: _, ...lease }) => lease)(await consumers.lease(oem, 'c')),
    });
    const names = async (caller: Caller, variables?: Record<string, unknown>) =>
      (await consumers.list(caller, variables)).nodes.map(({ clientId, name }) => `${clientId} ${name}`);
    const all = ['mo-1 b', 'test-client a', 'test-client b', 'test-client c'];
    const operatorHere = { ...operator, clientId: 'op' };
    expect(await names(operatorHere)).toEqual(all);
    expect(await names(oem)).toEqual(all.slice(1));
    expect(await names(mine)).toEqual(all.slice(0, 1));
    expect(await names(colleague)).toEqual([]);
    expect(await names(oem, { where: { clientId: 'mo-1' } })).toEqual([]);
    expect(await names(oem, { where: { clientId: 'test-client', name: 'a' } })).toEqual(['test-client a']);
    expect(await names(operatorHere, { where: { connected: false } })).toEqual(['test-client c']);
    expect(await names(operatorHere, { where: { connected: true, name: 'b' } })).toEqual([
      'mo-1 b',
      'test-client b',
    ]);
    const page = await consumers.list(operatorHere, { first: 3 });
    expect(page).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    expect(await names(operatorHere, { first: 3, after: page.pageInfo.endCursor })).toEqual(all.slice(3));
    expect(await names(operatorHere, { last: 2 })).toEqual(all.slice(2));
  });
});

describe('what the operator does to a consumer', () => {
  const key = { clientId: 'test-client', consumer: 'main' };

  it('sets it back to a cursor or to the beginning, also one whose log was replaced, and tells nobody again', async () => {
    await consumers.lease(oem, 'main');
    const cursors = await consumers.log({}, {}, {});
    await acknowledge(oem, cursors[2]);
    const count = (await told()).length;
    const set = (after?: string) => consumers.mutate(operator, 'redeliverEvents', { ...key, after });
    expect((await set(cursors[0])).consumer).toMatchObject({ cursor: cursors[0] });
    await acknowledge(oem, cursors[2]);
    expect(await told()).toHaveLength(count);
    expect(await set(await consumers.cursorAt(1, randomUUID()))).toMatchObject({
      errors: [{ extensions: { code: 'CURSOR_INVALID' } }],
    });
    await harness.database.execute('UPDATE log_head SET log_id = gen_random_uuid()');
    const oldest = (await consumers.head()).position;
    await harness.database.execute('DELETE FROM log WHERE position < $1', [oldest]);
    expect((await set()).consumer).toMatchObject({ cursor: await consumers.cursorAt(oldest - 1), lag: 1 });
    expect(await consumers.mutate(operator, 'redeliverEvents', { ...key, consumer: 'x' })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    });
  });

  it('sends it a test event, which its client and the operator hear, and no colleague', async () => {
    await consumers.lease(oem, 'main');
    const { eventId } = await consumers.mutate(operator, 'sendTestEvent', key);
    await harness.logged(1);
    const query = `{ contractEventLog(first: 10) { events {
      id cursor type emaid pcid namespaces clientId consumer contract { emaid } provisioningCertificate { id } } } }`;
    const { data, errors } = await harness.run(operator, query);
    expect(errors).toBeUndefined();
    const { events } = data?.['contractEventLog'] as { events: { cursor: string }[] };
    expect(events).toMatchObject([
      {
        id: eventId,
        type: 'TEST',
        emaid: null,
        pcid: null,
        namespaces: null,
        ...key,
        contract: null,
        provisioningCertificate: null,
      },
    ]);
    const seenBy = async (caller: Caller) =>
      (await harness.run(caller, oneEvent, { cursor: events[0]?.cursor })).data?.['contractEvent'];
    expect(await seenBy(oem)).toMatchObject({ type: 'TEST' });
    expect(await seenBy(operator)).toMatchObject({ type: 'TEST' });
    for (const caller of [colleague, { ...mo, clientId: 'mo' }]) expect(await seenBy(caller)).toBeNull();
    expect(await reject(oem, events[0]?.cursor)).toMatchObject({ userErrors: [{ code: 'BAD_INPUT' }] });
    expect(await consumers.mutate(operator, 'sendTestEvent', { ...key, clientId: 'nobody' })).toMatchObject({
      eventId: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
  });

  it('deletes any client’s consumer, which other clients cannot', async () => {
    await consumers.lease(oem, 'main');
    const remove = (caller: Caller, clientId?: string) =>
      consumers.mutate(caller, 'deleteEventConsumer', { name: 'main', clientId });
    const notFound = { deletedName: null, userErrors: [{ code: 'NOT_FOUND' }] };
    expect(await remove(colleague, 'test-client')).toMatchObject(notFound);
    expect(await remove(colleague)).toMatchObject(notFound);
    expect(await remove({ ...operator, clientId: 'op' })).toMatchObject(notFound);
    expect(await remove({ ...operator, clientId: 'op' }, 'test-client')).toMatchObject({
      deletedName: 'main',
    });
  });
});
