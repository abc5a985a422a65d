import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { globalId } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { ContractQuery, ContractSorting } from './domain/contract-list.ts';
import { createContractList } from './store/contract-list.ts';
import { callerWith, cpo, mo, oem, operator, otherMo, otherOem } from './testing/callers.ts';
import { inDays, start, startHarness, type Harness } from './testing/harness.ts';

const car = 'WCGTEST0000000001';
const otherCar = 'WXXTEST0000000002';

/** The contracts, in the order they came in; days until their data ends, one for each variant. */
const contracts: readonly {
  readonly emaid: string;
  readonly pcid: string;
  readonly ends: readonly number[];
}[] = [
  { emaid: 'DEABCC00000004', pcid: car, ends: [50, 20] },
  { emaid: 'DEABCC00000001', pcid: car, ends: [] },
  { emaid: 'DEXYZC00000003', pcid: car, ends: [20] },
  { emaid: 'DEABCC00000002', pcid: car, ends: [70, 90] },
  { emaid: 'DEABCC00000009', pcid: otherCar, ends: [20] },
  { emaid: 'DEXYZC00000007', pcid: car, ends: [] },
];
/** By their end, then by EMAID; the other car's one is 4. */
const soonestFirst = [0, 4, 2, 3];
const withoutEnd = [1, 5];

let harness: Harness;
let asked: Harness['run'];

beforeAll(async () => {
  harness = await startHarness();
  asked = harness.run;
  for (const [index, { emaid, pcid, ends }] of contracts.entries()) {
    await harness.database.execute(
      `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at)
       VALUES ($1, $1, $2, $2, $3, $4, $5, $6)`,
      [emaid, pcid, pcid.slice(0, 3), emaid.slice(0, 5), inDays(index), inDays(10 - index)],
    );
    for (const [variant, end] of ends.entries()) await addData(emaid, variant, end);
  }
});
afterAll(() => harness.stop());

const addData = (emaid: string, variant: number, end: number) =>
  harness.database.execute(
    `INSERT INTO signed_contract_data (emaid_key, namespace, v2g_root_fingerprint, v2g_root_subject,
       v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at)
     VALUES ($1, 'ISO15118_2', $2, '', '1', $2, $2, $3, $4, '', $3)`,
    [emaid, String(variant).repeat(64), start, inDays(end)],
  );

const arguments_ =
  'where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before';
const variables_ =
  '$where: ContractFilter, $orderBy: ContractOrder!, $first: Int, $after: String, $last: Int, $before: String';
const fields = 'nodes { emaid endsAt } totalCount pageInfo { startCursor endCursor }';
const pool = `query (${variables_}) { list: contracts(${arguments_}) { ${fields} } }`;
const ofCar = `query ($car: ID!, ${variables_}) {
  _entities(representations: [{ __typename: "ProvisioningCertificate", id: $car }]) {
    ... on ProvisioningCertificate { list: contracts(${arguments_}) { ${fields} } } } }`;

interface Page {
  readonly nodes: readonly { readonly emaid: string; readonly endsAt: string | null }[];
  readonly totalCount: number;
  readonly pageInfo: { readonly startCursor: string; readonly endCursor: string };
}

async function answer(query: string, variables: Record<string, unknown>, caller: Caller) {
  return asked(caller, query, {
    first: variables['last'] === undefined ? 100 : undefined,
    orderBy: 'CREATED_AT_ASC',
    car: globalId('ProvisioningCertificate', 'ISO15118_2', car),
    ...variables,
  });
}

async function page(
  query: string,
  variables: Record<string, unknown> = {},
  caller = operator,
): Promise<Page> {
  const { data, errors } = await answer(query, variables, caller);
  expect(errors).toBeUndefined();
  const [entity] = (data?.['_entities'] ?? []) as { list: Page }[];
  return entity?.list ?? (data?.['list'] as Page);
}

/** Which contracts a list shows, by their place in {@link contracts}; counted alike. */
async function listed(query: string, variables: Record<string, unknown> = {}, caller = operator) {
  const { nodes, totalCount } = await page(query, variables, caller);
  expect(totalCount).toBe(nodes.length);
  return nodes.map((node) => contracts.findIndex(({ emaid }) => emaid === node.emaid));
}

describe.each([
  ['the pool', pool],
  ['a car', ofCar],
])('the contracts of %s', (_, query) => {
  const here = (indices: readonly number[]) => indices.filter((index) => query === pool || index !== 4);

  it.each([
    ['ENDS_AT_ASC', [...soonestFirst, ...withoutEnd]],
    ['ENDS_AT_DESC', [...soonestFirst.toReversed(), ...withoutEnd.toReversed()]],
    ['CREATED_AT_DESC', [5, 4, 3, 2, 1, 0]],
    ['UPDATED_AT_ASC', [5, 4, 3, 2, 1, 0]],
    ['EMAID_ASC', [1, 3, 0, 4, 2, 5]],
  ])(
    'are ordered by %s and paged from either end, those that end together or never too',
    async (orderBy, all) => {
      const expected = here(all);
      expect(await listed(query, { orderBy })).toEqual(expected);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.boolean(), async (size, backward) => {
          const found: string[] = [];
          for (let cursor: string | undefined; ;) {
            const window = backward ? { last: size, before: cursor } : { first: size, after: cursor };
            const { nodes, totalCount, pageInfo } = await page(query, { orderBy, ...window });
            found.splice(backward ? 0 : found.length, 0, ...nodes.map(({ emaid }) => emaid));
            cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
            if (found.length >= totalCount) break;
          }
          expect(found).toEqual(expected.map((index) => contracts[index]?.emaid));
        }),
        { numRuns: 10 },
      );
    },
  );

  it.each<[Record<string, unknown>, number[]]>([
    [{ expiringWithin: 'P20D' }, [0, 2, 4]],
    [{ expiringWithin: 'P19DT23H' }, []],
    [{ expiringWithin: 'P70D' }, [0, 2, 3, 4]],
    [{ expiringWithin: 'P70D', v2gRoot: '1'.repeat(64) }, [0]],
    // One variant ends in 50 days and one before the 30th day: none does both.
    [{ expiringWithin: 'P50D', expiringBefore: inDays(30).toISOString(), v2gRoot: '0'.repeat(64) }, [2, 4]],
    [{ expiringBefore: inDays(20).toISOString() }, []],
    [{ providerId: 'DEXYZ' }, [2, 5]],
    [{ emaid: ['DEABC-C00000001', 'DEXYZC000000077'] }, [1, 5]],
    [{ pcid: otherCar }, [4]],
    [{ pcid: car.toLowerCase() }, [0, 1, 2, 3, 5]],
    [{ createdFrom: inDays(2).toISOString(), updatedFrom: inDays(7).toISOString() }, [2, 3]],
    [{ isDefault: true }, []],
  ])('are narrowed by %j', async (where, indices) => {
    expect(await listed(query, { where })).toEqual(here(indices));
  });

  it('end within a time only while they have not ended', async () => {
    harness.clock.set(inDays(20));
    try {
      expect(await listed(query, { where: { expiringWithin: 'P30D' } })).toEqual([0]);
    } finally {
      harness.clock.set(start);
    }
  });

  it('are the same to a caller whatever it asks for', async () => {
    const orderBy = 'ENDS_AT_DESC';
    expect(await listed(query, { orderBy }, mo)).toEqual(here([3, 4, 0, 1]));
    expect(await listed(query, { orderBy, where: { providerId: 'DEABC' } }, otherMo)).toEqual([]);
    expect(await listed(query, { orderBy, where: { expiringWithin: 'P20D' } }, otherMo)).toEqual([2]);
    expect(await listed(query, { orderBy }, oem)).toEqual([3, 2, 0, 5, 1]);
    expect(await listed(query, { orderBy }, otherOem)).toEqual(query === pool ? [4] : []);
    expect(await listed(query, { orderBy }, callerWith(['OEM', 'MO_V2G_PKI']))).toEqual([]);
    const two = callerWith(['MO_V2G_PKI'], { providerIds: ['DEABC', 'DEXYZ'] });
    expect(await listed(query, { orderBy: 'ENDS_AT_ASC' }, two)).toEqual(
      here([...soonestFirst, ...withoutEnd]),
    );
  });

  it.each([
    ['where.expiringWithin', { where: { expiringWithin: 'P1Y' } }],
    ['where","providerId', { where: { providerId: 'DE' } }],
    ['where","emaid', { where: { emaid: Array.from({ length: 101 }, () => 'DEABCC00000001') } }],
    [
      'after',
      { after: Buffer.from('["soon","DEABCC00000001"]').toString('base64url'), orderBy: 'ENDS_AT_ASC' },
    ],
    ['after', { after: Buffer.from('["none","DEABCC00000001"]').toString('base64url') }],
  ])('refuse what is wrong in %s', async (named, variables) => {
    const { errors } = await answer(query, variables, operator);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
    expect(`${errors?.[0]?.message ?? ''}${JSON.stringify(errors?.[0]?.extensions)}`).toContain(named);
  });
});

describe('the contracts of a car', () => {
  it('are not for a charge point operator, even by name and where it may look contracts up', async () => {
    const open = await startHarness({ cpoContractLookup: true });
    asked = open.run;
    try {
      const where = { emaid: ['DEABCC00000004'] };
      const { errors } = await answer(ofCar, { where }, cpo);
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
      const data = await listed(ofCar, { where }, callerWith(['CPO', 'OEM'], { wmis: ['WXX'] }));
      expect(data).toEqual([]);
    } finally {
      asked = harness.run;
      await open.stop();
    }
  });
});

describe('when a contract ends', () => {
  const endOf = async (index: number) => (await page(pool)).nodes[index]?.endsAt;

  it('is the earliest end of its data', async () => {
    const { nodes } = await page(pool);
    expect(nodes.map(({ endsAt }) => endsAt)).toEqual(
      contracts.map(({ ends }) => (ends.length === 0 ? null : inDays(Math.min(...ends)).toISOString())),
    );
  });

  it('follows every change of its data', async () => {
    const { emaid } = contracts[1] ?? { emaid: '' };
    await addData(emaid, 0, 60);
    await addData(emaid, 1, 40);
    expect(await endOf(1)).toBe(inDays(40).toISOString());
    const { database } = harness;
    const renew =
      'UPDATE signed_contract_data SET ends_at = $2 WHERE emaid_key = $1 AND v2g_root_fingerprint = $3';
    await database.execute(renew, [emaid, inDays(80), '1'.repeat(64)]);
    expect(await endOf(1)).toBe(inDays(60).toISOString());
    const remove = 'DELETE FROM signed_contract_data WHERE emaid_key = $1 AND v2g_root_fingerprint = $2';
    await database.execute(remove, [emaid, '0'.repeat(64)]);
    expect(await endOf(1)).toBe(inDays(80).toISOString());
    await database.execute(remove, [emaid, '1'.repeat(64)]);
    expect(await endOf(1)).toBeNull();
  });

  it('is right when two of its data go at the same time', async () => {
    const { emaid } = contracts[1] ?? { emaid: '' };
    for (const [variant, end] of [10, 30, 60].entries()) await addData(emaid, variant, end);
    const remove = (variant: number) =>
      harness.database.transaction(async (tx) => {
        await tx.execute(
          'DELETE FROM signed_contract_data WHERE emaid_key = $1 AND v2g_root_fingerprint = $2',
          [emaid, String(variant).repeat(64)],
        );
        await tx.query('SELECT pg_sleep(0.05)');
      });
    await Promise.all([remove(0), remove(1)]);
    expect(await endOf(1)).toBe(inDays(60).toISOString());
    await remove(2);
    expect(await endOf(1)).toBeNull();
  });
});

describe('pages in a large pool', () => {
  it('are read off an index in every order, without sorting', async () => {
    const everything: ContractQuery = {
      visible: 'all',
      emaidKeys: undefined,
      expiring: undefined,
      ofCar: undefined,
    };
    const instant = { createdAt: start, updatedAt: start, endsAt: inDays(100) };
    const undone = new Error('undone');
    const plans: string[] = [];
    const trying = harness.database.transaction(async (tx) => {
      await tx.execute(
        `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at, ends_at)
         SELECT 'DEABCC' || lpad(n::text, 9, '0'), '', $1, '', 'WCG', 'DE' || lpad((n % 500)::text, 3, '0'),
                $2::timestamptz + n * interval '1 second', $2::timestamptz + (n * 7 % 5000) * interval '1 minute',
                CASE WHEN n % 10 > 0 THEN $2::timestamptz + (n * 13 % 700) * interval '1 day' END
           FROM generate_series(1, $3::int) AS n`,
        [otherCar, start, rows],
      );
      await tx.execute('ANALYZE contract');
      const list = createContractList({
        query: async <Row>(sql: string, params?: readonly unknown[]) => {
          const plan = await tx.query<Record<string, string>>(`EXPLAIN ${sql}`, params);
          plans.push(plan.map((row) => Object.values(row).join()).join('\n'));
          return [] as Row[];
        },
      });
      for (const by of ['createdAt', 'updatedAt', 'endsAt', 'emaidKey'] as const) {
        const key = by === 'emaidKey' ? ['DEABCC000005000'] : [instant[by].toISOString(), 'DEABCC000005000'];
        for (const descending of [false, true]) {
          const sorting: ContractSorting = { by, descending };
          for (const backward of [false, true]) {
            for (const from of [undefined, key]) {
              await list.page(everything, sorting, { backward, limit: 100, from });
            }
          }
        }
      }
      throw undone;
    });
    await expect(trying).rejects.toBe(undone);
    expect(plans).toHaveLength(32);
    for (const plan of plans) {
      expect(plan).toContain('Index Scan');
      expect(plan).not.toContain('Sort');
      expect(plan).not.toContain('Seq Scan');
    }
  });
});

const rows = 10_000;
