import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { listen } from '../harness/events.ts';
import { tellDigest } from '../harness/operator-events.ts';
import { startScene, type Event, type Scene } from './scene.ts';

const query = `subscription ($after: Cursor, $fromBeginning: Boolean! = false, $where: OperatorEventFilter) {
  operatorEvents(after: $after, fromBeginning: $fromBeginning, where: $where, markers: true) {
    __typename cursor type day missing: missingPools urgent { kind subject hasEnded }
    pools { ...Counts }
  } }
  fragment Counts on PoolExpiry { pool kinds { kind total ended soon: within { duration count } invalidChain } }`;

const countsOf = (event: Event | undefined) =>
  event?.['pools'] as { pool: string; kinds: { kind: string; total: number; soon: unknown[] }[] }[];

describe('what the operator is told', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
    // As if the service had begun long ago and had not run yesterday: today's or yesterday's digest is due.
    await scene.world.restart(async () => {
      const database = createDatabase({ url: scene.world.databaseUrl, schema: 'cps', logger: silentLogger });
      await database.execute('UPDATE operator_digest SET day = day - 3');
      await database.close();
    });
  });
  afterAll(() => scene.stop());

  const hear = (variables: Record<string, unknown>) =>
    listen<Record<string, Event>>(scene.clients.operator, query, variables);

  it('is a digest of all pools, once, replayed and live alike, in any selection', async () => {
    const begun = hear({ fromBeginning: true });
    const [digest] = await begun.events(1);
    expect(digest).toMatchObject({
      __typename: 'OperatorEvent',
      type: 'OPERATOR_EXPIRY_DIGEST',
      missing: [],
      urgent: [],
    });
    const pools = countsOf(digest);
    expect(pools.map(({ pool }) => pool)).toEqual(['rcp', 'pcp', 'ccp', 'cps']);
    expect(pools.flatMap(({ kinds }) => kinds.map(({ kind, total }) => [kind, total]))).toEqual([
      ['V2G_ROOT', 2],
      ['OEM_ROOT', 2],
      ['MO_ROOT', 2],
      ['PE_ROOT', 0],
      ['PROVISIONING_CERTIFICATE', 2],
      ['CONTRACT', 2],
      ['CONTRACT_SIGNATURE', 2],
      ['CPS_SIGNER', 2],
      ['CONTRACT_CA', 2],
    ]);
    expect(pools[3]?.kinds[0]?.soon).toEqual([
      { duration: 'P7D', count: 0 },
      { duration: 'P30D', count: 0 },
      { duration: 'P90D', count: 2 },
    ]);
    // A restart tells of no day again.
    await scene.world.restart();
    await tellDigest(scene.world.databaseUrl, '2030-01-01');
    const after = hear({ after: digest?.['cursor'] });
    const types: unknown[] = [];
    let last: Event | undefined;
    while (last?.['day'] !== '2030-01-01') {
      [last] = await after.events(1);
      if (last?.['type'] === 'OPERATOR_EXPIRY_DIGEST') types.push(last['day']);
    }
    expect(types).toEqual(['2030-01-01']);
    expect(last).toMatchObject({ missing: [], urgent: [], pools: [] });
    begun.stop();
    after.stop();
  });

  it('is heard as it happens, and narrowed by type', async () => {
    const all = hear({});
    const none = hear({ where: { type: [] } });
    const marker = { type: 'CAUGHT_UP', day: null, missing: null, urgent: null, pools: null };
    expect(await all.events(1)).toMatchObject([marker]);
    expect(await none.events(1)).toMatchObject([marker]);
    await tellDigest(scene.world.databaseUrl, '2030-01-02');
    expect(await all.events(1)).toMatchObject([{ day: '2030-01-02', pools: [], urgent: [] }]);
    expect(none.results).toHaveLength(1);
    all.stop();
    none.stop();
  });

  it('is the operator’s alone', async () => {
    for (const client of ['oem', 'mo', 'cpo'] as const) {
      expect(await scene.refusal(scene.clients[client], query)).toMatchObject({
        extensions: { code: 'FORBIDDEN' },
      });
    }
  });

  /** Each pool's log: the field by which it is read. */
  const logs = [
    'rootCertificateEventLog',
    'provisioningCertificateEventLog',
    'contractEventLog',
    'signingServiceEventLog',
  ] as const;
  interface Logged {
    readonly id: string;
    readonly cursor: string;
    readonly time: string;
  }
  const stretch = async (doors: Doors, field: string, args: object): Promise<readonly Logged[]> =>
    (
      await doors.graphql<{ log: { events: Logged[] } }>(
        `query ($after: Cursor, $from: DateTime, $until: DateTime, $first: Int!) {
          log: ${field}(after: $after, from: $from, until: $until, first: $first) { events { id cursor time } } }`,
        { first: 1_000, ...args },
      )
    ).log.events;

  it.each(logs)('may be read for any window of time, whole or page by page, from %s', async (field) => {
    const operator = await scene.world.doors('demo-operator');
    const all = await stretch(operator, field, {});
    const times = [...new Set(all.map(({ time }) => time))].sort();
    // Otherwise there would be nothing to choose from.
    expect(times.length).toBeGreaterThanOrEqual(2);
    const [from, until] = [times[Math.floor(times.length / 3)] ?? '', times.at(-1) ?? ''];
    const inside = all.filter(({ time }) => time >= from && time < until);
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.length).toBeLessThan(all.length);
    expect(await stretch(operator, field, { from, until })).toEqual(inside);
    expect(await stretch(operator, field, { from })).toEqual(all.filter(({ time }) => time >= from));
    expect(await stretch(operator, field, { until })).toEqual(all.filter(({ time }) => time < until));
    const paged: Logged[] = [];
    for (let page = 0; page <= inside.length; page++) {
      paged.push(...(await stretch(operator, field, { from, until, first: 1, after: paged.at(-1)?.cursor })));
    }
    expect(paged).toEqual(inside);
    const ahead = new Date(Date.parse(until) + 3_600_000).toISOString();
    expect(await stretch(operator, field, { from: ahead })).toEqual([]);
    await expect(stretch(operator, field, { from: until, until: from })).rejects.toThrow('after `from`');
    for (const client of ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps'] as const) {
      await expect(stretch(await scene.world.doors(client), field, { from, until })).rejects.toThrow(
        `None of your roles may use Query.${field}.`,
      );
    }
  });
});
