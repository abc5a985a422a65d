import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyTables } from '@chargegraph/database/testing';
import { serviceCaller } from '@chargegraph/identity';
import { silentLogger } from '@chargegraph/service';
import type { DigestSource } from './domain/digest.ts';
import { createDigestTeller } from './domain/tell-digest.ts';
import { createDigestStore } from './store/digest.ts';
import { addCa } from './testing/generation.fixture.ts';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

const hour = 3_600_000;
const minute = 60_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  await world.reset();
  await emptyTables(world.harness.database, 'operator_digest', 'outbox', 'log');
});

const logQuery = `query ($after: Cursor) { signingServiceEventLog(after: $after, first: 100) {
  head events {
    cursor type time day missingPools
    pools { pool at kinds { kind total ended within { duration count } revoked invalidChain } }
    urgent { kind subject fingerprint endsAt hasEnded } } } }`;

interface Event {
  readonly cursor: string;
  readonly day: string;
  readonly missingPools: readonly string[];
}

const logOf = async (caller = operator) => {
  const { data, errors } = await world.harness.run(caller, logQuery, {});
  expect(errors).toBeUndefined();
  return (data?.['signingServiceEventLog'] as { events: Event[] }).events;
};

/** The log once so many digests are in it. */
async function told(count: number): Promise<Event[]> {
  for (let tries = 0; tries < 500; tries++) {
    const events = await logOf();
    if (events.length >= count) return events;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`There are no ${String(count)} digests.`);
}

const notes = () =>
  world.harness.database.query<{ day: string; told: boolean }>(
    'SELECT day::text, event_id IS NOT NULL AS told FROM operator_digest ORDER BY day',
  );

const nothing = (pool: string): DigestSource => ({
  pool,
  contribution: () => Promise.resolve({ counted: { pool, at: start.toISOString(), kinds: [] }, urgent: [] }),
});

/** What one process does when it looks; each has its own. */
const teller = (sources: readonly DigestSource[] = [nothing('cps')], onEvent: () => void = () => undefined) =>
  createDigestTeller({
    store: createDigestStore(world.harness.database, onEvent),
    sources: () => sources,
    clock: world.harness.clock,
    logger: silentLogger,
    at: 6 * hour,
    patience: 15 * minute,
  });

describe('the daily digest', () => {
  it('is told once a day at its time, of nothing too, and not on the day on which the service began', async () => {
    const look = teller();
    expect(await look()).toBe('not due');
    expect(await notes()).toEqual([{ day: '2026-11-10', told: false }]);
    world.harness.clock.set(new Date('2026-11-11T05:59:59.999Z'));
    expect(await look()).toBe('not due');
    world.harness.clock.set(new Date('2026-11-11T06:00:00.000Z'));
    expect(await look()).toBe('told');
    expect(await look()).toBe('not due');
    world.harness.clock.advance(day);
    expect(await look()).toBe('told');
    expect((await told(2)).map((event) => event.day)).toEqual(['2026-11-11', '2026-11-12']);
  });

  it('is told once however many processes look, and however often they are started anew', async () => {
    await teller()();
    world.harness.clock.advance(day);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => teller()()));
    expect(outcomes.filter((outcome) => outcome === 'told')).toHaveLength(1);
    expect(await teller()()).toBe('not due');
    expect(await told(1)).toHaveLength(1);
  });

  it('is told late, and of the last day only, when nobody was there at its time', async () => {
    await teller()();
    world.harness.clock.set(new Date('2026-11-14T23:00:00.000Z'));
    expect(await teller()()).toBe('told');
    expect((await told(1)).map((event) => event.day)).toEqual(['2026-11-14']);
  });

  it('waits for pools that do not answer, and then is told without them', async () => {
    let isAway = true;
    const sometimes: DigestSource = {
      pool: 'rcp',
      contribution: () => (isAway ? Promise.reject(new Error('away')) : nothing('rcp').contribution()),
    };
    await teller()();
    world.harness.clock.advance(day);
    const look = teller([sometimes, nothing('cps')]);
    expect(await look()).toBe('waiting');
    world.harness.clock.advance(14 * minute);
    expect(await look()).toBe('waiting');
    isAway = false;
    expect(await look()).toBe('told');
    isAway = true;
    world.harness.clock.advance(day);
    expect(await look()).toBe('waiting');
    world.harness.clock.advance(15 * minute);
    expect(await look()).toBe('told');
    expect((await told(2)).map((event) => event.missingPools)).toEqual([[], ['rcp']]);
  });

  it('is told with what it notes, or not at all', async () => {
    const { database } = world.harness;
    await teller()();
    world.harness.clock.advance(day);
    await database.execute('ALTER TABLE outbox RENAME TO outbox_away');
    try {
      await expect(teller()()).rejects.toThrow();
    } finally {
      await database.execute('ALTER TABLE outbox_away RENAME TO outbox');
    }
    expect(await notes()).toHaveLength(1);
    expect(await teller()()).toBe('told');
    expect(await told(1)).toHaveLength(1);
  });

  it('is forgotten with its time, like the events of the other pools', async () => {
    const { database } = world.harness;
    await database.execute(
      `WITH old AS (
         INSERT INTO log (position, event_id, type, occurred_at, logged_at, facts)
         SELECT position + 1, gen_random_uuid(), 'OPERATOR_EXPIRY_DIGEST', now(), now() - interval '31 days', '{}'
           FROM log_head RETURNING position)
       UPDATE log_head SET position = old.position FROM old`,
    );
    const other = await world.harness.another();
    try {
      await vi.waitFor(async () => {
        const left = await database.query("SELECT FROM log WHERE logged_at < now() - interval '30 days'");
        expect(left).toEqual([]);
      });
    } finally {
      await other.stop();
    }
  });

  it('tells the operator of a signer before it ends and after, and of what the pools below count', async () => {
    const { database, pools, clock } = world.harness;
    await addCa(world.harness, world.pki.mo);
    const { certificate } = world.pki.cps.leaf;
    // The digests of before are not due any more when the service with its job starts.
    await database.execute("INSERT INTO operator_digest (day) VALUES ('2026-11-09')");
    clock.set(new Date(certificate.notAfter.getTime() - 10 * day));
    pools.expiry = { total: 7, ended: 1, within: [1, 2, 3], revoked: 0 };
    const other = await world.harness.another();
    const [first] = await told(1);
    const within = (...counts: number[]) =>
      ['P7D', 'P30D', 'P90D'].map((duration, index) => ({ duration, count: counts[index] }));
    const below = { total: 7, ended: 1, within: within(1, 2, 3), revoked: 0, invalidChain: null };
    expect(first).toMatchObject({
      type: 'OPERATOR_EXPIRY_DIGEST',
      time: clock.now().toISOString(),
      missingPools: [],
      pools: [
        { pool: 'rcp', kinds: [{ ...below, kind: 'V2G_ROOT' }] },
        { pool: 'pcp', kinds: [{ ...below, kind: 'PROVISIONING_CERTIFICATE' }] },
        { pool: 'ccp', kinds: [{ ...below, kind: 'CONTRACT' }] },
        {
          pool: 'cps',
          at: clock.now().toISOString(),
          kinds: [
            {
              kind: 'CPS_SIGNER',
              total: 1,
              ended: 0,
              within: within(0, 1, 1),
              revoked: 0,
              invalidChain: null,
            },
            { kind: 'CONTRACT_CA', total: 1, ended: 0 },
          ],
        },
      ],
    });
    const named = {
      kind: 'CPS_SIGNER',
      subject: certificate.subject,
      fingerprint: certificate.fingerprint,
      endsAt: certificate.notAfter.toISOString(),
    };
    expect(first).toMatchObject({ urgent: [{ ...named, hasEnded: false }] });
    clock.set(new Date(certificate.notAfter.getTime() + day));
    const [, second] = await told(2);
    await other.stop();
    expect(second).toMatchObject({
      urgent: [{ ...named, hasEnded: true }],
      pools: [{}, {}, {}, { kinds: [{ kind: 'CPS_SIGNER', ended: 1, within: within(0, 0, 0) }, {}] }],
    });
    const asked = new Set(
      pools.calls.filter(({ field }) => field.endsWith('Expiry')).map(({ field }) => field),
    );
    expect(asked).toEqual(new Set(['rootPoolExpiry', 'provisioningPoolExpiry', 'contractPoolExpiry']));
    for (const { field, context } of pools.calls) {
      if (asked.has(field)) expect(context.caller.roles).toEqual(new Set(['SERVICE']));
    }
  });
});

describe('the provisioning service’s log', () => {
  it('is read whole, from a cursor and event by event, by operator and services alone', async () => {
    await teller()();
    for (let days = 0; days < 2; days++) {
      world.harness.clock.advance(day);
      await teller()();
    }
    const [first, second] = await told(2);
    const rest = await world.harness.run(serviceCaller('gateway'), logQuery, { after: first?.cursor });
    expect(rest.data).toMatchObject({ signingServiceEventLog: { events: [second], head: second?.cursor } });
    const one = 'query ($cursor: Cursor!) { operatorEvent(cursor: $cursor) { day } }';
    expect((await world.harness.run(operator, one, { cursor: second?.cursor })).data).toEqual({
      operatorEvent: { day: second?.day },
    });
    for (const role of ['OEM', 'MO_EXTERNAL_PKI', 'CPO', 'CPS'] as const) {
      for (const [query, variables] of [
        [logQuery, {}],
        [one, { cursor: first?.cursor }],
      ] as const) {
        expect((await world.harness.run(callerWith([role]), query, variables)).errors).toMatchObject([
          { extensions: { code: 'FORBIDDEN' } },
        ]);
      }
    }
  });
});
