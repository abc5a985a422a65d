import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import {
  createDemoPki,
  issueProvisioningCertificate,
  toPem,
  type Certificate,
  type DemoPki,
} from '@chargegraph/pki';
import { partner, service, startPcp, type TestPcp } from './pcp.fixture.ts';
import { statements } from './statements.fixture.ts';

const now = new Date('2026-11-01T12:00:00Z');
const day = 86_400_000;
const at = (days: number) => new Date(now.getTime() + days * day);
const wdb = partner('OEM', ['WDB', 'WDC']);
const zzz = partner('OEM', ['ZZZ']);
const operator = partner('OPERATOR');

/** Published one a day, in this order: who, in which generation, valid from and until when. */
const cars = [
  { pcid: 'WDB00000000000003', namespace: 'ISO15118_2', from: 0, until: 900 },
  { pcid: 'WDC00000000000001', namespace: 'ISO15118_2', from: 0, until: 700 },
  { pcid: 'ZZZ00000000000001', namespace: 'ISO15118_2', from: 0, until: 800 },
  { pcid: 'WDB00000000000001', namespace: 'ISO15118_2', from: 5, until: 600 },
  { pcid: 'WDB00000000000001', namespace: 'ISO15118_20', from: 0, until: 1000 },
  { pcid: 'WDB00000000000002', namespace: 'ISO15118_2', from: 0, until: 700 },
] as const;
const nameOf = (index: number) => `${cars[index]?.pcid ?? ''} ${cars[index]?.namespace ?? ''}`;
const named = (...indices: number[]) => indices.map(nameOf);

let pool: TestPcp;
let pki: DemoPki;
let pki20: DemoPki;

beforeAll(async () => {
  [pool, pki, pki20] = await Promise.all([
    startPcp(now),
    createDemoPki({ now }),
    createDemoPki({ now, edition: '-20' }),
  ]);
  pool.roots.set(pki.oemRoot.certificate, 'OEM').set(pki20.oemRoot.certificate, 'OEM');
  for (const [index, { pcid, namespace, from, until }] of cars.entries()) {
    pool.clock.set(at(index));
    const chain = namespace === 'ISO15118_2' ? pki : pki20;
    const { certificate } = await issueProvisioningCertificate(chain, {
      pcid,
      notBefore: at(from),
      notAfter: at(until),
    });
    await put('publish', certificate, chain, namespace);
  }
  // The first one published is the last one changed.
  pool.clock.set(at(10));
  const { certificate } = await issueProvisioningCertificate(pki, {
    pcid: cars[0].pcid,
    notBefore: at(cars[0].from),
    notAfter: at(cars[0].until),
  });
  await put('update', certificate, pki, 'ISO15118_2');
}, 30_000);
afterAll(() => pool.stop());

async function put(verb: 'publish' | 'update', leaf: Certificate, chain: DemoPki, namespace: string) {
  const name = `${verb}ProvisioningCertificate`;
  const type = `${verb === 'publish' ? 'Publish' : 'Update'}ProvisioningCertificateInput`;
  const { data } = await pool.execute(
    leaf.commonName?.startsWith('ZZZ') === true ? zzz : wdb,
    `mutation Put($input: ${type}!) { ${name}(input: $input) { userErrors { message } } }`,
    {
      input: {
        vehicleCertificate: toPem(leaf),
        subCa1Certificate: toPem(chain.oem.subCa1.certificate),
        subCa2Certificate: toPem(chain.oem.subCa2.certificate),
        namespace,
      },
    },
  );
  expect(data).toEqual({ [name]: { userErrors: [] } });
}

interface Page {
  readonly totalCount: number;
  readonly edges: readonly { cursor: string }[];
  readonly nodes: readonly { pcid: string; namespace: string }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
}

const fields = `totalCount edges { cursor } nodes { pcid namespace }
  pageInfo { hasNextPage hasPreviousPage endCursor }`;
const query = /* GraphQL */ `
  query List(
    $where: ProvisioningCertificateFilter
    $orderBy: ProvisioningCertificateOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    provisioningCertificates(
      where: $where
      orderBy: $orderBy
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      ${fields}
    }
  }
`;

/** Instants as they travel. */
const json = (variables: Record<string, unknown>) =>
  JSON.parse(JSON.stringify(variables)) as Record<string, unknown>;

async function list(caller: Caller, variables: Record<string, unknown> = {}) {
  const all = json({ ...('last' in variables ? {} : { first: 100 }), ...variables });
  const { data, errors } = await pool.execute(caller, query, all);
  expect(errors).toBeUndefined();
  const page = data?.['provisioningCertificates'] as Page;
  return { ...page, names: page.nodes.map(({ pcid, namespace }) => `${pcid} ${namespace}`) };
}

const refused = async (variables: Record<string, unknown>, caller = wdb) =>
  (await pool.execute(caller, query, { first: 1, ...variables })).errors?.[0];

describe('the list of provisioning certificates', () => {
  it("shows a car maker its own cars', the first published first, and counts no others", async () => {
    expect(await list(wdb)).toMatchObject({ names: named(0, 1, 3, 4, 5), totalCount: 5 });
    expect(await list(zzz)).toMatchObject({ names: named(2), totalCount: 1 });
  });

  it('shows the operator all, and a car maker without a WMI none', async () => {
    expect(await list(operator)).toMatchObject({ names: named(0, 1, 2, 3, 4, 5), totalCount: 6 });
    expect(await list(partner('OEM'))).toMatchObject({ names: [], totalCount: 0 });
  });

  it.each(['MO', 'CPO', 'CPS', 'NOBODY'])('is not for the role %s', async (role) => {
    expect(await refused({}, partner(role, ['WDB']))).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  it('is not for a service', async () => {
    expect(await refused({}, service)).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  const orders: [order: string, indices: number[]][] = [
    ['PUBLISHED_AT', [0, 1, 3, 4, 5]],
    ['UPDATED_AT', [1, 3, 4, 5, 0]],
    ['NOT_AFTER', [3, 5, 1, 0, 4]],
    ['PCID', [3, 4, 5, 0, 1]],
  ];

  it.each(orders)('comes in the order %s, both ways, in pages of any size', async (order, indices) => {
    const names = named(...indices);
    for (const [orderBy, expected] of [
      [`${order}_ASC`, names],
      [`${order}_DESC`, names.toReversed()],
    ] as const) {
      expect((await list(wdb, { orderBy })).names).toEqual(expected);
      const forth: string[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list(wdb, { orderBy, first: 2, after });
        expect([page.totalCount, page.pageInfo.hasPreviousPage]).toEqual([5, after !== null]);
        forth.push(...page.names);
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
      expect(forth).toEqual(expected);
      const tail = await list(wdb, { orderBy, last: 2 });
      expect([tail.names, tail.pageInfo.hasPreviousPage]).toEqual([expected.slice(3), true]);
      const before = tail.edges[0]?.cursor;
      expect((await list(wdb, { orderBy, last: 10, before })).names).toEqual(expected.slice(0, 3));
    }
  });

  const filters: [what: string, where: () => Record<string, unknown>, indices: number[]][] = [
    ['namespace', () => ({ namespace: 'ISO15118_20' }), [4]],
    ['WMI', () => ({ wmi: ['wdc'] }), [1]],
    ['WMIs', () => ({ wmi: ['WDB', 'WDC', 'ZZZ'] }), [0, 1, 3, 4, 5]],
    ["another maker's WMI", () => ({ wmi: ['ZZZ'] }), []],
    ['a WMI that nobody has', () => ({ wmi: ['XXX'] }), []],
    ['PCIDs in any spelling', () => ({ pcid: ['wdb00000000000001', 'WDB00000000000009'] }), [3, 4]],
    ["another maker's PCID", () => ({ pcid: ['ZZZ00000000000001'] }), []],
    ['root', () => ({ rootFingerprint: [pki20.oemRoot.certificate.fingerprint] }), [4]],
    ['no root at all', () => ({ rootFingerprint: [] }), []],
    ['start of validity, from', () => ({ issuedFrom: at(5) }), [3]],
    ['start of validity, before', () => ({ issuedBefore: at(5) }), [0, 1, 4, 5]],
    ['publication', () => ({ publishedFrom: at(1), publishedBefore: at(4) }), [1, 3]],
    ['end of validity', () => ({ expiringBefore: at(700) }), [3]],
    // It is the tenth day.
    ['an end within a time from now', () => ({ expiringWithin: 'P590D' }), [3]],
    ['an end within a shorter time', () => ({ expiringWithin: 'P589DT23H59M59.999S' }), []],
    ['an end within a time and before', () => ({ expiringWithin: 'P98W4D', expiringBefore: at(700) }), [3]],
    ['several at once', () => ({ wmi: ['WDB'], namespace: 'ISO15118_2', expiringBefore: at(900) }), [3, 5]],
  ];

  it.each(filters)('is narrowed by %s', async (_, where, indices) => {
    expect(await list(wdb, { where: where() })).toMatchObject({
      names: named(...indices),
      totalCount: indices.length,
    });
  });

  it("answers alike, with the same queries, for another maker's WMI or car and for one that nobody has", async () => {
    for (const [foreign, absent] of [
      [{ wmi: ['ZZZ'] }, { wmi: ['XXX'] }],
      [{ pcid: ['ZZZ00000000000001'] }, { pcid: ['WDB00000000000009'] }],
    ]) {
      const [answers, sent]: [unknown[], string[][]] = [[], []];
      for (const where of [foreign, absent]) {
        sent.push(await statements(pool, async () => answers.push(await list(wdb, { where }))));
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(sent[0]).toHaveLength(2);
      expect(sent[1]).toEqual(sent[0]);
    }
  });

  it.each([
    ['pcid', 'WDB00000000000001'],
    ['wmi', 'WDB'],
    ['rootFingerprint', '0'.repeat(64)],
  ])('refuses more than 100 values of %s', async (field, value) => {
    expect(await refused({ where: { [field]: Array.from({ length: 101 }, () => value) } })).toMatchObject({
      message: `${field} : at most 100 can be asked for`,
      extensions: { code: 'BAD_INPUT', argument: ['where', field] },
    });
  });

  it('refuses cursors of another order and made-up ones', async () => {
    const { edges } = await list(wdb, { orderBy: 'PCID_ASC' });
    const made = (...key: string[]) => Buffer.from(JSON.stringify(key)).toString('base64url');
    const instant = now.toISOString();
    for (const after of [
      edges[0]?.cursor,
      'x',
      made(instant, 'WDB00000000000001', 'ISO15118_3'),
      made('2026-13-01T00:00:00.000Z', 'WDB00000000000001', 'ISO15118_2'),
    ]) {
      expect(await refused({ after })).toMatchObject({
        extensions: { code: 'BAD_INPUT', argument: ['after'] },
      });
    }
  });

  it('finds each order of one WMI in an index', async () => {
    const undone = new Error('only tried');
    const plans: string[] = [];
    const trying = pool.database.transaction(async (tx) => {
      // Of fifty makers a hundred cars each.
      await tx.execute(
        `INSERT INTO provisioning_certificate (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint,
           root_der, v2g_root_key_identifiers, warnings, not_before, not_after, epoch, published_at, updated_at)
         SELECT 'W' || lpad((n % 50)::text, 2, '0') || lpad(n::text, 14, '0'), namespace, fingerprint, '', '{}',
                root_fingerprint, '', '{}', '{}', not_before, not_after + n * interval '1 day', n,
                published_at + n * interval '1 day', updated_at + (n * 7 % 5000) * interval '1 day'
           FROM provisioning_certificate, generate_series(1, 5000) AS n WHERE pcid = $1`,
        [cars[2].pcid],
      );
      await tx.execute('ANALYZE provisioning_certificate');
      for (const column of ['published_at, pcid', 'updated_at, pcid', 'not_after, pcid', 'pcid']) {
        const plan = await tx.query<Record<string, string>>(
          `EXPLAIN SELECT der FROM provisioning_certificate WHERE true AND wmi = $1
           ORDER BY ${column}, namespace LIMIT 11`,
          ['W07'],
        );
        plans.push(plan.map((row) => Object.values(row).join()).join('\n'));
      }
      throw undone;
    });
    await expect(trying).rejects.toBe(undone);
    expect(plans).toHaveLength(4);
    for (const plan of plans) {
      expect(plan).toContain('provisioning_certificate_wmi_');
      expect(plan).not.toContain('Sort');
    }
  });
});

describe('the provisioning certificates of a root', () => {
  const entities = /* GraphQL */ `
    query Entities($of: [_Any!]!, $where: ProvisioningCertificateFilter) {
      _entities(representations: $of) {
        ... on RootCertificate {
          provisioningCertificates(first: 100, where: $where) {
            ${fields}
          }
        }
      }
    }
  `;
  const below = async (caller: Caller, root: string, where?: object) => {
    const of = [{ __typename: 'RootCertificate', id: globalId('RootCertificate', root) }];
    const { data, errors } = await pool.execute(caller, entities, { of, where });
    const found = (data?.['_entities'] as ({ provisioningCertificates: Page } | null)[] | undefined)?.[0];
    const page = found?.provisioningCertificates;
    return { errors, total: page?.totalCount, pcids: page?.nodes.map(({ pcid }) => pcid) };
  };
  const root = () => pki.oemRoot.certificate.fingerprint;

  it('are shown and counted as far as the caller may list them', async () => {
    const pcids = (...indices: number[]) => indices.map((index) => cars[index]?.pcid);
    expect(await below(wdb, root())).toMatchObject({ pcids: pcids(0, 1, 3, 5), total: 4 });
    expect(await below(zzz, root())).toMatchObject({ pcids: pcids(2), total: 1 });
    expect(await below(operator, root())).toMatchObject({ pcids: pcids(0, 1, 2, 3, 5), total: 5 });
    expect(await below(wdb, '0'.repeat(64))).toMatchObject({ pcids: [], total: 0 });
  });

  it('are narrowed by the filter, which leads to no other root', async () => {
    expect(await below(wdb, root(), { wmi: ['WDC'] })).toMatchObject({ total: 1 });
    const other = pki20.oemRoot.certificate.fingerprint;
    expect(await below(wdb, root(), { rootFingerprint: [other] })).toMatchObject({ total: 0 });
    expect(await below(wdb, root(), { rootFingerprint: [other, root()] })).toMatchObject({ total: 4 });
  });

  it.each(['MO', 'CPO', 'CPS'])('are not for the role %s', async (role) => {
    expect((await below(partner(role), root())).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
  });
});
