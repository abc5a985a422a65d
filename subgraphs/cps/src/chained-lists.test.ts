import { globalId } from '@chargegraph/graph';
import type { IssuedCertificate } from '@chargegraph/pki';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCa } from './testing/generation.fixture.ts';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

const inDays = (days: number) => new Date(start.getTime() + days * day);

let world: World;
/** In the order of addition, one a second: two end on the same day. */
let leaves: IssuedCertificate[];
const ends = [50, 30, 50, 70];
let cas: string[];

beforeAll(async () => {
  world = await startWorld();
  await world.reset();
  await world.harness.database.execute('DELETE FROM cps_signer');
  leaves = [];
  for (const [index, end] of ends.entries()) {
    world.harness.clock.set(new Date(start.getTime() + index * 1_000));
    const chain = index === 3 ? world.otherPki.cps : world.pki.cps;
    const leaf = await issueLeaf(chain.subCa2, {
      commonName: `Signer ${String(index)}`,
      notBefore: start,
      notAfter: inDays(end),
    });
    leaves.push(leaf);
    await world.addSigner({ ...chain, leaf });
  }
  world.harness.clock.set(start);
  cas = [await addCa(world.harness, world.pki.mo)];
  world.harness.clock.advance(1_000);
  cas.push(await addCa(world.harness, world.pki.v2gMo, { providerIds: ['DEABC'] }));
  world.harness.clock.set(start);
});
afterAll(() => world.harness.stop());

const arguments_ =
  'where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before';
const variablesOf = (filter: string, order: string) =>
  `$where: ${filter}, $orderBy: ${order}, $first: Int, $after: String, $last: Int, $before: String`;
const fields = 'nodes { id endsAt } edges { cursor } totalCount pageInfo { startCursor endCursor }';
const signers = `query (${variablesOf('CpsSignerFilter', 'CpsSignerOrder')}) {
  list: cpsSigners(${arguments_}) { ${fields} } }`;
const contractCas = `query (${variablesOf('ContractCaFilter', 'ContractCaOrder')}) {
  list: contractCas(${arguments_}) { ${fields} } }`;
const ofRoot = `query ($root: ID!, ${variablesOf('CpsSignerFilter', 'CpsSignerOrder')}) {
  _entities(representations: [{ __typename: "RootCertificate", id: $root }]) {
    ... on RootCertificate { list: cpsSigners(${arguments_}) { ${fields} } } } }`;

interface Page {
  readonly nodes: readonly { readonly id: string; readonly endsAt: string }[];
  readonly totalCount: number;
  readonly pageInfo: { readonly startCursor: string; readonly endCursor: string };
}

const rootId = (pki = world.pki) => globalId('RootCertificate', pki.v2gRoot.certificate.fingerprint);
const signerId = (index: number) =>
  globalId('CpsSigner', leaves[index]?.certificate.fingerprint ?? '', 'ISO15118_2');

async function page(query: string, variables: Record<string, unknown>): Promise<Page> {
  const all = { first: variables['last'] === undefined ? 100 : undefined, root: rootId(), ...variables };
  const { data, errors } = await world.harness.run(operator, query, all);
  expect(errors).toBeUndefined();
  const [entity] = (data?.['_entities'] ?? []) as { list: Page }[];
  return entity?.list ?? (data?.['list'] as Page);
}

async function signersOf(query: string, variables: Record<string, unknown>): Promise<number[]> {
  const { nodes, totalCount } = await page(query, variables);
  expect(totalCount).toBe(nodes.length);
  return nodes.map(({ id }) => leaves.findIndex((_, index) => signerId(index) === id));
}

/** The ids that a list shows page by page, from either end. */
async function paged(query: string, orderBy: string, size: number, backward: boolean): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const window = backward ? { last: size, before: cursor } : { first: size, after: cursor };
    const { nodes, totalCount, pageInfo } = await page(query, { orderBy, ...window });
    found.splice(backward ? 0 : found.length, 0, ...nodes.map(({ id }) => id));
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
    if (found.length >= totalCount) return found;
  }
}

describe.each([
  ['signers', signers],
  ['signers of a root', ofRoot],
])('the list of %s', (_, query) => {
  const here = query === ofRoot ? [0, 1, 2] : [0, 1, 2, 3];
  const within = (...indices: number[]) => indices.filter((index) => here.includes(index));

  it.each<[Record<string, unknown>, number[]]>([
    [{ expiringBefore: inDays(50).toISOString() }, [1]],
    [{ expiringWithin: 'P50D' }, [0, 1, 2]],
    [{ expiringWithin: 'P49DT23H59M59S' }, [1]],
    [{ expiringWithin: 'P50D', expiringBefore: inDays(50).toISOString() }, [1]],
    [{ addedFrom: new Date(start.getTime() + 1_000).toISOString() }, [1, 2, 3]],
    [{ addedBefore: new Date(start.getTime() + 2_000).toISOString() }, [0, 1]],
    [{ isDefault: true }, [0]],
    [{ isRetired: true }, []],
    [{ namespace: 'ISO15118_20' }, []],
    [{ fingerprint: [] }, []],
    [{ fingerprint: null, expiringWithin: null, expiringBefore: null, addedFrom: null }, [0, 1, 2, 3]],
  ])('is narrowed by %j', async (where, indices) => {
    expect(await signersOf(query, { where, orderBy: 'ADDED_AT_ASC' })).toEqual(within(...indices));
  });

  it('is narrowed by certificates and by a root', async () => {
    const orderBy = 'ADDED_AT_ASC';
    const fingerprint = [1, 3].map((index) => leaves[index]?.certificate.fingerprint);
    expect(await signersOf(query, { orderBy, where: { fingerprint } })).toEqual(within(1, 3));
    const under = (pki: World['pki']) => ({ v2gRootFingerprint: pki.v2gRoot.certificate.fingerprint });
    expect(await signersOf(query, { orderBy, where: under(world.pki) })).toEqual([0, 1, 2]);
    expect(await signersOf(query, { orderBy, where: under(world.otherPki) })).toEqual(within(3));
  });

  it('leaves what has ended out of what ends within a time', async () => {
    world.harness.clock.set(inDays(50));
    try {
      expect(await signersOf(query, { where: { expiringWithin: 'P20D' } })).toEqual(within(3));
    } finally {
      world.harness.clock.set(start);
    }
  });

  it.each(['DEFAULT_FIRST', 'ADDED_AT_ASC', 'ADDED_AT_DESC', 'ENDS_AT_ASC', 'ENDS_AT_DESC'])(
    'is ordered by %s, and paged from either end, those that end at the same time too',
    async (orderBy) => {
      const whole = await page(query, { orderBy });
      const found = await signersOf(query, { orderBy });
      if (orderBy.startsWith('ENDS')) {
        const days = found.map((index) => ends[index] ?? 0);
        expect(days).toEqual(days.toSorted((a, b) => (orderBy === 'ENDS_AT_ASC' ? a - b : b - a)));
      } else {
        expect(found).toEqual(orderBy === 'ADDED_AT_DESC' ? here.toReversed() : here);
      }
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.boolean(), async (size, backward) => {
          expect(await paged(query, orderBy, size, backward)).toEqual(whole.nodes.map(({ id }) => id));
        }),
        { numRuns: 6 },
      );
    },
  );

  it.each([
    ['expiringWithin', { expiringWithin: 'P1Y' }],
    ['fingerprint', { fingerprint: Array.from({ length: 101 }, () => 'a'.repeat(64)) }],
  ])('refuses a wrong %s by name', async (field, where) => {
    const { errors } = await world.harness.run(operator, query, { root: rootId(), first: 1, where });
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
    const named = `${errors?.[0]?.message ?? ''} ${JSON.stringify(errors?.[0]?.extensions)}`;
    expect(named).toMatch(new RegExp(`where.*${field}`));
  });
});

describe('the signers of a root', () => {
  it('are none under a root that has none, and shown to whoever may see signers', async () => {
    const root = globalId('RootCertificate', 'a'.repeat(64));
    expect(await signersOf(ofRoot, { root })).toEqual([]);
    const { data, errors } = await world.harness.run(callerWith(['CPO']), ofRoot, {
      root: rootId(),
      first: 1,
    });
    expect([data?.['_entities'], errors]).toMatchObject([[{ list: { totalCount: 3 } }], undefined]);
  });
});

describe('the list of CAs', () => {
  const casOf = async (variables: Record<string, unknown>) => {
    const { nodes, totalCount } = await page(contractCas, variables);
    expect(totalCount).toBe(nodes.length);
    return nodes.map(({ id }) => cas.indexOf(id));
  };

  it('shows when each chain ends, and is narrowed by it', async () => {
    const { nodes } = await page(contractCas, {});
    const endOf = ({ subCa2, subCa1 }: World['pki']['mo'], root: IssuedCertificate) =>
      [subCa2, subCa1, root].map(({ certificate }) => certificate.notAfter.toISOString()).toSorted()[0];
    const expected = [endOf(world.pki.mo, world.pki.moRoot), endOf(world.pki.v2gMo, world.pki.v2gRoot)];
    expect(nodes.map(({ endsAt }) => endsAt)).toEqual(expected);
    const end = new Date(expected[0] ?? '').getTime();
    const within = (milliseconds: number) => `PT${String(milliseconds / 1_000)}S`;
    const endingThen = cas.map((_, index) => index).filter((index) => expected[index] === expected[0]);
    const sooner = cas
      .map((_, index) => index)
      .filter((index) => (expected[index] ?? '') < (expected[0] ?? ''));
    expect(await casOf({ where: { expiringWithin: within(end - start.getTime()) } })).toEqual(
      [...sooner, ...endingThen].toSorted(),
    );
    expect(await casOf({ where: { expiringBefore: new Date(end).toISOString() } })).toEqual(sooner);
    world.harness.clock.set(new Date(end));
    expect(await casOf({ where: { expiringWithin: 'PT0.001S' } })).toEqual([]);
    world.harness.clock.set(start);
  });

  it.each<[Record<string, unknown>, number[]]>([
    [{ addedFrom: new Date(start.getTime() + 1_000).toISOString() }, [1]],
    [{ addedBefore: new Date(start.getTime() + 1_000).toISOString() }, [0]],
    [{ fingerprint: [] }, []],
    [{ rootFingerprint: 'a'.repeat(64) }, []],
    [{ providerId: 'DEXYZ' }, [0]],
  ])('is narrowed by %j', async (where, indices) => {
    expect(await casOf({ where })).toEqual(indices);
  });

  it('is narrowed by certificate and by root', async () => {
    const fingerprint = [world.pki.v2gMo.subCa2.certificate.fingerprint];
    expect(await casOf({ where: { fingerprint } })).toEqual([1]);
    expect(await casOf({ where: { rootFingerprint: world.pki.moRoot.certificate.fingerprint } })).toEqual([
      0,
    ]);
  });

  it.each(['ADDED_AT_ASC', 'ADDED_AT_DESC', 'ENDS_AT_ASC', 'ENDS_AT_DESC'])(
    'is ordered by %s and paged from either end, with equal ends too',
    async (orderBy) => {
      const { nodes } = await page(contractCas, { orderBy });
      const instants = nodes.map(({ endsAt }) => endsAt);
      if (orderBy === 'ENDS_AT_ASC') expect(instants).toEqual(instants.toSorted());
      if (orderBy === 'ENDS_AT_DESC') expect(instants).toEqual(instants.toSorted().toReversed());
      for (const backward of [false, true]) {
        expect(await paged(contractCas, orderBy, 1, backward)).toEqual(nodes.map(({ id }) => id));
      }
    },
  );

  it('fills in when a chain ends where an older version did not store it', async () => {
    const before = await page(contractCas, {});
    await world.harness.database.execute('UPDATE contract_ca SET ends_at = NULL');
    expect(await casOf({ where: { expiringWithin: 'P36525D' } })).toEqual([]);
    await (await world.harness.another(14)).stop();
    expect(await casOf({ where: { expiringWithin: 'P36525D' } })).toEqual([0, 1]);
    expect(await page(contractCas, {})).toEqual(before);
  });
});
