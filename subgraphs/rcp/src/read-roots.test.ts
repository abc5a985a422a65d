import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import type { Certificate } from '@chargegraph/pki';
import { add, day, makeRoot, now, pki, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

const listQuery = /* GraphQL */ `
  query List(
    $where: RootCertificateFilter
    $orderBy: RootCertificateOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    rootCertificates(
      where: $where
      orderBy: $orderBy
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      edges {
        cursor
        node {
          fingerprint
        }
      }
      nodes {
        fingerprint
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
  }
`;

interface List {
  edges: { cursor: string; node: { fingerprint: string } }[];
  nodes: { fingerprint: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  totalCount: number;
}

describe('rootCertificates', () => {
  /** In the order of their addition; the ends come in the opposite order. */
  let roots: Certificate[];
  const names = (page: List) =>
    page.nodes.map((node) => roots.findIndex((root) => root.fingerprint === node.fingerprint));

  async function list(variables: Record<string, unknown>, role = 'OEM'): Promise<List> {
    const response = await pool.execute(role, listQuery, variables);
    expect(response.errors).toBeUndefined();
    return response.data?.['rootCertificates'] as List;
  }

  beforeAll(async () => {
    roots = await Promise.all(
      [0, 1, 2, 3, 4].map((n) => makeRoot(`Root ${String(n)}`, { lifetimeDays: 3000 - n })),
    );
  });
  beforeEach(async () => {
    for (const [n, root] of roots.entries()) {
      await add(root, n < 3 ? 'V2G' : 'OEM');
      pool.clock.advance(1000);
    }
  });

  it('lists them in the order of their addition', async () => {
    const page = await list({ first: 100 });
    expect(names(page)).toEqual([0, 1, 2, 3, 4]);
    expect(page.totalCount).toBe(5);
    expect(page.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
  });

  it.each([
    ['ADDED_AT_ASC', [0, 1, 2, 3, 4]],
    ['ADDED_AT_DESC', [4, 3, 2, 1, 0]],
    ['NOT_AFTER_ASC', [4, 3, 2, 1, 0]],
    ['NOT_AFTER_DESC', [0, 1, 2, 3, 4]],
  ])('orders them by %s, page by page in both directions', async (orderBy, expected) => {
    const forward: number[] = [];
    let after: string | undefined;
    do {
      const page: List = await list({ orderBy, first: 2, after });
      forward.push(...names(page));
      expect(page.pageInfo.hasPreviousPage).toBe(after !== undefined);
      expect(page.totalCount).toBe(5);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(forward).toEqual(expected);

    const backward: number[] = [];
    let before: string | undefined;
    do {
      const page: List = await list({ orderBy, last: 2, before });
      backward.unshift(...names(page));
      expect(page.pageInfo.hasNextPage).toBe(before !== undefined);
      before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : undefined;
    } while (before !== undefined);
    expect(backward).toEqual(expected);
  });

  it('pages through roots that were added in the same instant', async () => {
    await pool.clear();
    for (const root of roots) {
      pool.clock.set(now);
      await add(root);
    }
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page: List = await list({ first: 1, after });
      seen.push(...names(page));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('filters by type and fingerprint', async () => {
    const byType = await list({ where: { type: ['OEM', 'MO'] }, first: 10 });
    expect(names(byType)).toEqual([3, 4]);
    expect(byType.totalCount).toBe(2);
    const fingerprint = [roots[1]?.fingerprint.toUpperCase(), roots[3]?.fingerprint];
    expect(names(await list({ where: { fingerprint }, first: 10 }))).toEqual([1, 3]);
    expect(names(await list({ where: { fingerprint, type: ['V2G'] }, first: 10 }))).toEqual([1]);
    expect(names(await list({ where: { type: [] }, first: 10 }))).toEqual([]);
  });

  it('filters by subject key identifier, in any spelling, and by end of validity', async () => {
    const identifier = roots[2]?.subjectKeyIdentifier ?? '';
    const spellings = [identifier, (identifier.toUpperCase().match(/../g) ?? []).join(':')];
    for (const subjectKeyIdentifier of spellings) {
      const page = await list({ where: { subjectKeyIdentifier: [subjectKeyIdentifier] }, first: 10 });
      expect([names(page), page.totalCount]).toEqual([[2], 1]);
    }
    expect(names(await list({ where: { subjectKeyIdentifier: ['00ff'] }, first: 10 }))).toEqual([]);
    const expiringBefore = roots[2]?.notAfter.toISOString();
    expect(names(await list({ where: { expiringBefore }, first: 10 }))).toEqual([3, 4]);
    expect(names(await list({ where: { expiringBefore, type: ['V2G'] }, first: 10 }))).toEqual([]);
  });

  it('filters by an end within a time from now, which leaves out what has ended', async () => {
    const endOf = (index: number) => roots[index]?.notAfter.getTime() ?? 0;
    const [sooner, later] = endOf(3) < endOf(4) ? [3, 4] : [4, 3];
    const within = async (milliseconds: number, more: object = {}) => {
      const expiringWithin = `PT${String(milliseconds / 1_000)}S`;
      return names(await list({ where: { expiringWithin, ...more }, first: 10 })).toSorted();
    };
    const before = pool.clock.now();
    try {
      expect(await within(endOf(later) - before.getTime())).toEqual([3, 4]);
      expect(await within(endOf(sooner) - before.getTime() - 1)).toEqual([]);
      expect(await within(endOf(later) - before.getTime(), { type: ['V2G'] })).toEqual([]);
      pool.clock.set(new Date(endOf(sooner)));
      expect(await within(endOf(later) - endOf(sooner))).toEqual([later]);
    } finally {
      pool.clock.set(before);
    }
  });

  it.each([
    ['xyz', 'must be hexadecimal octets'],
    ['abc', 'must be hexadecimal octets'],
    ['', 'must be hexadecimal octets'],
    [Array.from({ length: 101 }, () => 'ab'), 'At most 100'],
  ])('refuses %s as a subject key identifier', async (value, rule) => {
    const where = { subjectKeyIdentifier: Array.isArray(value) ? value : [value] };
    const { errors } = await pool.execute('OEM', listQuery, { where, first: 1 });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining(rule) as unknown,
        extensions: { code: 'BAD_INPUT', argument: ['where', 'subjectKeyIdentifier'] },
      },
    ]);
  });

  it.each(['OEM', 'MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPO', 'CPS', 'OPERATOR'])(
    'lets %s read',
    async (role) => {
      expect((await list({ first: 1 }, role)).totalCount).toBe(5);
    },
  );

  const forged = (...key: string[]) => Buffer.from(JSON.stringify(key)).toString('base64url');
  it.each([
    ['neither first nor last', {}],
    ['both first and last', { first: 1, last: 1 }],
    ['a page of none', { first: 0 }],
    ['a page of more than 100', { first: 101 }],
    ['a cursor that is none', { first: 1, after: 'x' }],
    ['a cursor with no instant in it', { first: 1, after: forged('yesterday', 'a'.repeat(64)) }],
    [
      'a cursor with an impossible instant in it',
      { last: 1, before: forged('2026-99-99T00:00:00Z', 'a'.repeat(64)) },
    ],
    ['a cursor with no fingerprint in it', { first: 1, after: forged(now.toISOString(), '\u0000') }],
    [
      'more than 100 fingerprints',
      { first: 1, where: { fingerprint: Array<string>(101).fill('a'.repeat(64)) } },
    ],
  ])('refuses %s', async (_, variables) => {
    const { errors } = await pool.execute('OEM', listQuery, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
  });

  it('refuses a caller without a role', async () => {
    const { errors } = await pool.execute('NOBODY', listQuery, { first: 1 });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('a single root', () => {
  const single =
    'query One($fingerprint: SHA256Fingerprint!) { rootCertificate(fingerprint: $fingerprint) { type verdict { status reasons } } }';

  it('is found by its fingerprint, with colons and in upper case too', async () => {
    await add(pki.moRoot.certificate, 'MO');
    const fingerprint = (pki.moRoot.certificate.fingerprint.toUpperCase().match(/../g) ?? []).join(':');
    const { data } = await pool.execute('CPO', single, { fingerprint });
    expect(data).toMatchObject({ rootCertificate: { type: 'MO' } });
  });

  it('is null when the pool does not hold it', async () => {
    const { data, errors } = await pool.execute('CPO', single, { fingerprint: '0'.repeat(64) });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ rootCertificate: null });
  });

  it('is shown as expired once it has ended', async () => {
    const root = await makeRoot('Short Root', { lifetimeDays: 10 });
    await add(root);
    pool.clock.advance(10 * day);
    const { data } = await pool.execute('OEM', single, { fingerprint: root.fingerprint });
    expect(data).toMatchObject({ rootCertificate: { verdict: { status: 'EXPIRED' } } });
  });

  it('resolves as an entity by id and by fingerprint, to null when it is not there', async () => {
    await add(pki.oemRoot.certificate);
    const { fingerprint } = pki.oemRoot.certificate;
    const query = /* GraphQL */ `
      query Entities($of: [_Any!]!) {
        _entities(representations: $of) {
          ... on RootCertificate {
            fingerprint
          }
        }
      }
    `;
    const __typename = 'RootCertificate';
    const { data, errors } = await pool.execute('SERVICE', query, {
      of: [
        { __typename, id: globalId('RootCertificate', fingerprint) },
        { __typename, fingerprint },
        { __typename, id: globalId('RootCertificate', '0'.repeat(64)) },
        { __typename, id: globalId('Contract', fingerprint) },
      ],
    });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ _entities: [{ fingerprint }, { fingerprint }, null, null] });
  });
});
