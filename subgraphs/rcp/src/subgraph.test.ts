import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import { createDemoPki, issueCertificate, toPem, type Certificate, type DemoPki } from '@chargegraph/pki';
import { startRcp, type TestRcp } from './rcp.fixture.ts';

const now = new Date('2026-11-01T12:00:00Z');
const day = 86_400_000;
let pool: TestRcp;
let pki: DemoPki;

beforeAll(async () => {
  [pool, pki] = await Promise.all([startRcp(now), createDemoPki({ now })]);
});
afterAll(() => pool.stop());
beforeEach(async () => {
  await pool.clear();
  pool.clock.set(now);
});

const addMutation = /* GraphQL */ `
  mutation Add($certificate: PEM!, $type: RootType!) {
    addRootCertificate(input: { certificate: $certificate, type: $type }) {
      rootCertificate {
        id
        fingerprint
        type
        addedAt
        certificate {
          pem
          subject
        }
        verdict {
          status
          reasons
        }
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

interface AddPayload {
  rootCertificate: {
    id: string;
    fingerprint: string;
    type: string;
    addedAt: string;
    certificate: { pem: string; subject: string };
    verdict: { status: string; reasons: string[] };
  } | null;
  userErrors: { code: string; message: string; path: string[] | null }[];
}

async function add(certificate: Certificate | string, type = 'OEM', role = 'OPERATOR') {
  const text = typeof certificate === 'string' ? certificate : toPem(certificate);
  const response = await pool.execute(role, addMutation, { certificate: text, type });
  return { ...response, payload: response.data?.['addRootCertificate'] as AddPayload | undefined };
}

const count = async () =>
  (await pool.database.query<{ count: number }>('SELECT count(*)::int AS count FROM root_certificate'))[0]
    ?.count;

/** Makes a self-signed root; only what a test is about differs from a good one. */
async function makeRoot(
  name: string,
  options: { lifetimeDays?: number; notBefore?: Date; curve?: string; ca?: false; keyUsage?: false } = {},
): Promise<Certificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: options.curve ?? 'P-256' });
  const notBefore = options.notBefore ?? new Date(now.getTime() - day);
  return await issueCertificate({
    subject: { commonName: name, domainComponent: 'OEM' },
    publicKey,
    signingKey: privateKey,
    notBefore,
    notAfter: new Date(notBefore.getTime() + (options.lifetimeDays ?? 3650) * day),
    ca: options.ca ?? {},
    ...(options.keyUsage !== false && { keyUsage: ['keyCertSign', 'cRLSign'] }),
  });
}

describe('addRootCertificate', () => {
  it('stores a root and tells of it', async () => {
    const before = (await pool.events()).length;
    const { payload } = await add(pki.v2gRoot.certificate, 'V2G');
    const { fingerprint, subject } = pki.v2gRoot.certificate;
    expect(payload).toEqual({
      rootCertificate: {
        id: globalId('RootCertificate', fingerprint),
        fingerprint,
        type: 'V2G',
        addedAt: now.toISOString(),
        certificate: { pem: toPem(pki.v2gRoot.certificate), subject },
        verdict: { status: 'VALID', reasons: [] },
      },
      userErrors: [],
    });
    const events = await pool.events();
    expect(events).toHaveLength(before + 1);
    expect(events).toContainEqual({
      type: 'ROOT_CERT_ADDED',
      facts: expect.objectContaining({ fingerprint, type: 'V2G', subject }) as unknown,
    });
  });

  it('logs the event at once', async () => {
    const root = await makeRoot('Logged Root');
    await add(root);
    await expect
      .poll(
        () =>
          pool.database.query('SELECT type FROM log WHERE facts->>$1 = $2', [
            'fingerprint',
            root.fingerprint,
          ]),
        { timeout: 900, interval: 20 },
      )
      .toEqual([{ type: 'ROOT_CERT_ADDED' }]);
  });

  it('takes base64 DER in one line', async () => {
    const { payload } = await add(Buffer.from(pki.oemRoot.certificate.der).toString('base64'));
    expect(payload?.rootCertificate?.fingerprint).toBe(pki.oemRoot.certificate.fingerprint);
  });

  it('changes nothing when the same root comes again', async () => {
    await add(pki.oemRoot.certificate);
    const events = await pool.events();
    pool.clock.advance(day);
    const { payload } = await add(pki.oemRoot.certificate);
    expect(payload?.userErrors).toEqual([]);
    expect(payload?.rootCertificate?.addedAt).toBe(now.toISOString());
    expect(await pool.events()).toEqual(events);
    expect(await count()).toBe(1);
  });

  it('adds one row when the same root comes twice at the same time', async () => {
    const before = (await pool.events()).length;
    const root = await makeRoot('Twice Root');
    const results = await Promise.all([add(root), add(root), add(root)]);
    expect(results.map(({ payload }) => payload?.userErrors)).toEqual([[], [], []]);
    expect(await count()).toBe(1);
    expect(await pool.events()).toHaveLength(before + 1);
  });

  it('refuses the same root as a root of something else', async () => {
    await add(pki.oemRoot.certificate, 'OEM');
    const { payload } = await add(pki.oemRoot.certificate, 'MO');
    expect(payload?.userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'type'] }]);
  });

  it('keeps a soft departure from the profile as a warning', async () => {
    const { payload } = await add(await makeRoot('Root Without Key Usage', { keyUsage: false }));
    expect(payload?.userErrors).toEqual([]);
    expect(payload?.rootCertificate?.verdict.status).toBe('VALID');
    expect(payload?.rootCertificate?.verdict.reasons.join()).toContain('key usage');
  });

  it('takes a P-521 root of ISO 15118-20', async () => {
    const { payload } = await add(await makeRoot('P-521 Root', { curve: 'P-521' }));
    expect(payload?.userErrors).toEqual([]);
  });

  it.each([
    ['a text that is no certificate', 'CERTIFICATE_INVALID', () => 'garbage'],
    [
      'PEM around garbage',
      'CERTIFICATE_INVALID',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    ],
    ['a sub-CA', 'CHAIN_INVALID', () => pki.oem.subCa1.certificate],
    ['a leaf', 'CHAIN_INVALID', () => pki.cps.leaf.certificate],
    [
      'an expired root',
      'CERTIFICATE_EXPIRED',
      () => makeRoot('Expired Root', { notBefore: new Date(now.getTime() - 30 * day), lifetimeDays: 29 }),
    ],
    [
      'a root that is not valid yet',
      'CERTIFICATE_INVALID',
      () => makeRoot('Future Root', { notBefore: new Date(now.getTime() + day) }),
    ],
    [
      'a self-signed certificate without CA flag',
      'CERTIFICATE_INVALID',
      () => makeRoot('No CA', { ca: false }),
    ],
    ['a root on another curve', 'CERTIFICATE_INVALID', () => makeRoot('P-384 Root', { curve: 'P-384' })],
  ])('refuses %s and changes nothing', async (_, code, make) => {
    const events = await pool.events();
    const { payload, errors } = await add(await make());
    expect(errors).toBeUndefined();
    expect(payload?.rootCertificate).toBeNull();
    expect(payload?.userErrors).toMatchObject([{ code, path: ['input', 'certificate'] }]);
    expect(await count()).toBe(0);
    expect(await pool.events()).toEqual(events);
  });

  it('refuses a root whose signature was tampered with', async () => {
    const der = Uint8Array.from(pki.oemRoot.certificate.der);
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    const { payload } = await add(Buffer.from(der).toString('base64'));
    expect(payload?.userErrors).toMatchObject([{ code: 'CHAIN_INVALID' }]);
    expect(await count()).toBe(0);
  });

  it('says which field has no certificate in it', async () => {
    const { payload } = await add('garbage');
    expect(payload?.userErrors[0]?.message).toBe('Invalid certificate format on certificate');
  });

  it.each(['OEM', 'MO', 'CPO', 'CPS', 'NOBODY'])('refuses the role %s and changes nothing', async (role) => {
    const events = await pool.events();
    const { errors, payload } = await add(pki.oemRoot.certificate, 'OEM', role);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(payload).toBeUndefined();
    expect(await count()).toBe(0);
    expect(await pool.events()).toEqual(events);
  });
});

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
