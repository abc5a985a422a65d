import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Caller } from '@chargegraph/identity';
import { callerWith, cpo, cps, mo, oem, operator, otherMo, otherOem, service } from './testing/callers.ts';
import { inDays, start, startHarness, type Harness } from './testing/harness.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let scene: Scene;
let harness: Harness;

const emaids = ['DEABCC00000003', 'DEXYZC00000001', 'DEABCC00000001', 'DEABCC00000002'];

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
  await scene.reset();
  harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
  for (const [index, id] of emaids.entries()) {
    harness.clock.set(inDays(index));
    const car = index === 3 ? scene.otherCar : scene.car;
    const signer = index === 2 ? scene.otherPki.cps : scene.pki.cps;
    const notAfter = inDays(100 - 20 * index);
    const signed = await scene.data({ emaid: id, car, signer, notAfter });
    const { userErrors } = await scene.publishAs(id.startsWith('DEABC') ? mo : otherMo, signed, car.pcid);
    expect(userErrors).toEqual([]);
  }
  harness.clock.set(inDays(10));
  await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000003', notAfter: inDays(100) }));
});
afterAll(() => harness.stop());

const query = `
  query ($where: ContractFilter, $orderBy: ContractOrder, $first: Int, $after: String, $last: Int, $before: String) {
    contracts(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      nodes { emaid } edges { cursor } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;

interface Page {
  readonly nodes: readonly { readonly emaid: string }[];
  readonly totalCount: number;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

const ask = async (caller: Caller, variables: Record<string, unknown>) => {
  const { data, errors } = await harness.run(caller, query, {
    first: 100,
    orderBy: 'CREATED_AT_ASC',
    ...variables,
  });
  return { page: data?.['contracts'] as Page | undefined, errors };
};
const listed = async (caller: Caller, variables: Record<string, unknown> = {}) => {
  const { page, errors } = await ask(caller, variables);
  expect(errors).toBeUndefined();
  const found = page?.nodes.map((node) => node.emaid) ?? [];
  expect(page?.totalCount).toBe(found.length);
  return found;
};

describe('contracts', () => {
  it('are those of own cars, own provider ids, or all, and counted alike', async () => {
    expect(await listed(operator)).toEqual(emaids);
    expect(await listed(service)).toEqual(emaids);
    expect(await listed(oem)).toEqual(emaids);
    expect(await listed(mo)).toEqual(emaids.filter((id) => id.startsWith('DEABC')));
    expect(await listed(otherMo)).toEqual(['DEXYZC00000001']);
    expect(await listed(otherOem)).toEqual([]);
    const both = callerWith(['OEM', 'MO_V2G_PKI'], { wmis: ['WXX'], providerIds: ['DEXYZ'] });
    expect(await listed(both)).toEqual(['DEXYZC00000001']);
  });

  it('give no right by provider ids or WMIs without the role that goes with them', async () => {
    const caller = callerWith(['OEM'], { wmis: ['WXX'], providerIds: ['DEABC'] });
    expect(await listed(caller)).toEqual([]);
  });

  it.each<[Record<string, unknown>, number[]]>([
    [{ pcid: 'wcgtest0000000002' }, [3]],
    [{ emaid: ['de-abc-c00000001', 'DEXYZC000000010', 'DEABCC99999999'] }, [1, 2]],
    [{ emaid: [] }, []],
    [{ providerId: 'dexyz' }, [1]],
    [{ namespace: 'ISO15118_2' }, [0, 1, 2, 3]],
    [{ namespace: 'ISO15118_20' }, []],
    [{ expiringBefore: inDays(60).toISOString() }, [3]],
    // It is the tenth day, and data ends after 100, 80, 60 and 40 days.
    [{ expiringWithin: 'P30D' }, [3]],
    [{ expiringWithin: 'P29DT23H59M59.999S' }, []],
    [{ expiringWithin: 'P10W', expiringBefore: inDays(80).toISOString() }, [2, 3]],
    [{ expiringWithin: 'P70D' }, [1, 2, 3]],
    [{ isDefault: true }, [0, 3]],
    [{ isDefault: false }, [1, 2]],
    [{ isDefault: true, namespace: 'ISO15118_20' }, []],
    [{ createdFrom: inDays(1).toISOString(), createdBefore: inDays(3).toISOString() }, [1, 2]],
    [{ updatedFrom: inDays(3).toISOString() }, [0, 3]],
    [{ updatedBefore: inDays(2).toISOString() }, [1]],
    [{ pcid: 'WCGTEST0000000001', providerId: 'DEABC', isDefault: false }, [2]],
    [{ pcid: null, emaid: null, providerId: null, namespace: null, isDefault: null }, [0, 1, 2, 3]],
  ])('are narrowed by %j', async (where, indices) => {
    expect(await listed(operator, { where })).toEqual(indices.map((index) => emaids[index]));
  });

  it('are narrowed by the V2G root of their data', async () => {
    const v2gRoot = scene.otherPki.v2gRoot.certificate.fingerprint;
    expect(await listed(operator, { where: { v2gRoot } })).toEqual(['DEABCC00000001']);
    expect(await listed(operator, { where: { v2gRoot, expiringBefore: inDays(50).toISOString() } })).toEqual(
      [],
    );
  });

  it.each([
    ['CREATED_AT_ASC', [0, 1, 2, 3]],
    ['CREATED_AT_DESC', [3, 2, 1, 0]],
    ['UPDATED_AT_ASC', [1, 2, 3, 0]],
    ['UPDATED_AT_DESC', [0, 3, 2, 1]],
    ['EMAID_ASC', [2, 3, 0, 1]],
    ['EMAID_DESC', [1, 0, 3, 2]],
  ])('are ordered by %s, and paged from either end', async (orderBy, indices) => {
    const expected = indices.map((index) => emaids[index]);
    expect(await listed(operator, { orderBy })).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.boolean(), async (size, backward) => {
        const found: string[] = [];
        let cursor: string | undefined;
        for (;;) {
          const window = backward
            ? { first: undefined, last: size, before: cursor }
            : { first: size, after: cursor };
          const { page } = await ask(operator, { orderBy, ...window });
          if (page === undefined) throw new Error('no page');
          const nodes = page.nodes.map((node) => node.emaid);
          found.splice(backward ? 0 : found.length, 0, ...nodes);
          cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor;
          if (found.length >= page.totalCount) break;
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 6 },
    );
  });

  it.each([
    [{ where: { emaid: Array.from({ length: 101 }, () => emaid) } }, ['where', 'emaid']],
    [{ where: { providerId: 'DE' } }, ['where', 'providerId']],
    [{ first: undefined }, ['first']],
    [{ first: 101 }, ['first']],
    [
      { orderBy: 'EMAID_ASC', after: Buffer.from('["2026-11-10T12:00:00.000Z","A"]').toString('base64url') },
      ['after'],
    ],
  ])('refuse %j, naming the argument', async (variables, argument) => {
    expect((await ask(operator, variables)).errors).toMatchObject([
      { extensions: { code: 'BAD_INPUT', argument } },
    ]);
  });

  it('are refused to roles without a right to them', async () => {
    for (const caller of [cpo, cps]) {
      expect((await ask(caller, { where: { emaid: [emaid] } })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });
});

describe('where charge point operators may look up contracts', () => {
  let open: Harness;
  beforeAll(async () => {
    open = await startHarness({ cpoContractLookup: true });
    open.pools.roots.push(...harness.pools.roots);
    for (const [pcid, car] of harness.pools.cars) open.pools.cars.set(pcid, car);
    const signedContractData = await scene.data();
    await open.run(
      mo,
      'mutation ($input: PublishContractInput!) { publishContract(input: $input) { contract { id } } }',
      {
        input: { signedContractData, pcid: scene.car.pcid },
      },
    );
  });
  afterAll(() => open.stop());
  beforeEach(() => {
    open.clock.set(start);
  });

  it('they see what they name, and can list nothing else', async () => {
    const one = 'query ($emaid: EMAID!) { contract(emaid: $emaid) { emaid signedData { exi } } }';
    const seen = await open.run(cpo, one, { emaid });
    expect(seen.data).toMatchObject({ contract: { emaid, signedData: [{ exi: null }] } });
    expect((await open.run(cpo, one, { emaid: 'DEABCC99999999' })).data).toEqual({ contract: null });
    const list = async (where: object) => open.run(cpo, query, { first: 1, orderBy: 'EMAID_ASC', where });
    expect((await list({ emaid: [emaid] })).data).toMatchObject({ contracts: { nodes: [{ emaid }] } });
    expect((await list({})).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});
