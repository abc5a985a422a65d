import { auditTrail } from '@chargegraph/audit/testing';
import { partnerRoles } from '@chargegraph/identity';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { add, makeRoot, now, pki, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

const query = /* GraphQL */ `
  query (
    $where: AuditRecordFilter
    $orderBy: AuditRecordOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    rootPoolAudit(
      where: $where
      orderBy: $orderBy
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      nodes {
        position
        hash
        occurredAt
        clientId
        organisation
        traceId
        action
        object
        outcome
        code
        detail
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

interface Page {
  readonly nodes: readonly Record<string, string>[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
  readonly totalCount: number;
}

async function read(variables: Record<string, unknown>): Promise<Page> {
  const { data, errors } = await pool.execute('OPERATOR', query, variables);
  expect(errors).toBeUndefined();
  return data?.['rootPoolAudit'] as Page;
}

let first: number;

beforeEach(async () => {
  first = (await auditTrail(pool.database)).length;
});

/** Waits until so many of this test's records are sealed. */
async function sealed(count: number): Promise<void> {
  await vi.waitFor(async () => {
    expect((await read({ first: 1 })).totalCount).toBe(first + count);
  }, 10_000);
}

describe('the root pool’s audit', () => {
  it('shows writes and refused writes, newest first, sealed', async () => {
    const root = pki.v2gRoot.certificate;
    await add(root, 'V2G');
    await sealed(1);
    await add(root, 'V2G');
    await add(root, 'MO');
    await sealed(2);
    const { nodes } = await read({ first: 2 });
    const common = {
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      occurredAt: now.toISOString(),
      clientId: 'test-OPERATOR',
      organisation: 'test',
      traceId: 'test',
      action: 'addRootCertificate',
      object: `RootCertificate ${root.fingerprint}`,
    };
    expect(nodes).toEqual([
      {
        ...common,
        position: String(first + 2),
        outcome: 'REFUSED',
        code: 'CONFLICT',
        detail: 'The pool already holds this certificate as a V2G root.',
      },
      { ...common, position: String(first + 1), outcome: 'DONE', code: null, detail: null },
    ]);
  });

  it('is narrowed by client, object, action, outcome and time', async () => {
    const roots = [await makeRoot('One'), await makeRoot('Two')] as const;
    await add(roots[0]);
    await add(roots[1], 'OEM', 'CPO');
    pool.clock.advance(60_000);
    await add(roots[1]);
    await sealed(3);
    pool.clock.set(now);
    const matching = async (where: object) => {
      const { nodes, totalCount } = await read({ first: 100, where });
      const mine = nodes.filter(({ position }) => Number(position) > first);
      expect(totalCount).toBe(nodes.length);
      return mine.map(({ outcome, object }) => [outcome, object]).toSorted();
    };
    const objects = roots.map(({ fingerprint }) => `RootCertificate ${fingerprint}`);
    expect(await matching({ clientId: 'test-CPO' })).toEqual([['REFUSED', objects[1]]]);
    expect(await matching({ object: objects[0] })).toEqual([['DONE', objects[0]]]);
    expect(await matching({ object: objects[1], outcome: 'DONE' })).toEqual([['DONE', objects[1]]]);
    expect(await matching({ action: 'removeRootCertificate' })).toEqual([]);
    expect(await matching({ clientId: 'nobody\u0000' })).toEqual([]);
    const later = new Date(now.getTime() + 60_000).toISOString();
    expect(await matching({ from: later })).toEqual([['DONE', objects[1]]]);
    expect(await matching({ before: later })).toEqual([
      ['DONE', objects[0]],
      ['REFUSED', objects[1]],
    ]);
  });

  it('is read in pages, forward and backward', async () => {
    for (const name of ['A', 'B', 'C']) await add(await makeRoot(name));
    await sealed(3);
    const positions = ({ nodes }: Page) => nodes.map(({ position }) => Number(position) - first);
    const newest = await read({ first: 2 });
    expect(positions(newest)).toEqual([3, 2]);
    expect(newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const next = await read({ first: 1, after: newest.pageInfo.endCursor });
    expect(positions(next)).toEqual([1]);
    const back = await read({ last: 1, before: next.pageInfo.startCursor });
    expect(positions(back)).toEqual([2]);
    expect(back.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
    const forged = await pool.execute('OPERATOR', query, {
      first: 1,
      after: Buffer.from('["1; DROP TABLE audit_record"]').toString('base64url'),
    });
    expect(forged.errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
  });

  it('is read in pages with the oldest first, forward and backward', async () => {
    for (const name of ['D', 'E', 'F']) await add(await makeRoot(name));
    await sealed(3);
    const orderBy = 'POSITION_ASC';
    const positions = ({ nodes }: Page) => nodes.map(({ position }) => Number(position));
    const oldest = await read({ orderBy, first: 2 });
    expect(positions(oldest)).toEqual([1, 2]);
    expect(oldest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(positions(await read({ orderBy, first: 1, after: oldest.pageInfo.endCursor }))).toEqual([3]);
    const newest = await read({ orderBy, last: 2 });
    expect(positions(newest)).toEqual([first + 2, first + 3]);
    expect(newest.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
    const before = newest.pageInfo.startCursor;
    expect(positions(await read({ orderBy, last: 1, before }))).toEqual([first + 1]);
    expect(positions(await read({ orderBy: null, first: 1 }))).toEqual([first + 3]);
  });

  it.each(partnerRoles.filter((role) => role !== 'OPERATOR'))('is not for %s', async (role) => {
    const { errors } = await pool.execute(role, query, { first: 1 });
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  });
});
