import { auditTrail, recordedSince } from '@chargegraph/audit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import { now, startIdentity, type TestIdentity } from './identity.fixture.ts';

const fields = 'id clientId name organisation roles wmis providerIds enabled createdAt disabledAt';
const refusals = 'userErrors { code message path }';
const mutations = {
  addClient: `client { ${fields} } clientSecret ${refusals}`,
  updateClient: `client { ${fields} } ${refusals}`,
  rotateClientSecret: `client { clientId } clientSecret ${refusals}`,
  disableClient: `client { clientId enabled disabledAt } ${refusals}`,
  enableClient: `client { clientId enabled disabledAt } ${refusals}`,
} as const;
type Mutation = keyof typeof mutations;

interface Payload {
  readonly client: Record<string, unknown> | null;
  readonly clientSecret?: string | null;
  readonly userErrors: readonly { code: string; message: string; path: readonly string[] | null }[];
}

interface List {
  readonly nodes: readonly { clientId: string }[];
  readonly edges: readonly { cursor: string; node: { clientId: string } }[];
  readonly totalCount: number;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

const oem = {
  clientId: 'oem',
  name: 'Cars',
  organisation: 'Cars Inc',
  roles: ['OEM'],
  wmis: ['wvw', 'WAU'],
};

describe('the clients in the graph', () => {
  let identity: TestIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity.stop());
  beforeEach(async () => {
    identity.clock.set(now);
    await identity.clear();
  });

  const send = (mutation: Mutation, input: object, role = 'OPERATOR') => {
    const type = `${mutation.replace(/^./, (letter) => letter.toUpperCase())}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${mutations[mutation]} } }`;
    return identity.execute(role, query, { input });
  };
  const carryOut = async (mutation: Mutation, input: object): Promise<Payload> => {
    const { data, errors } = await send(mutation, input);
    expect(errors).toBeUndefined();
    return data?.[mutation] as Payload;
  };
  const countRows = () =>
    identity.database.query('SELECT client_id, name, roles, secret_hash, disabled_at FROM client ORDER BY 1');

  describe('addClient', () => {
    it('sets a client up, which can then ask for tokens with the secret of the answer', async () => {
      const { client, clientSecret, userErrors } = await carryOut('addClient', oem);
      expect(userErrors).toEqual([]);
      expect(client).toEqual({
        id: globalId('Client', 'oem'),
        clientId: 'oem',
        name: 'Cars',
        organisation: 'Cars Inc',
        roles: ['OEM'],
        wmis: ['WAU', 'WVW'],
        providerIds: [],
        enabled: true,
        createdAt: now.toISOString(),
        disabledAt: null,
      });
      expect(await identity.clients.authenticate('oem', clientSecret ?? '')).toMatchObject({
        clientId: 'oem',
        caller: { wmis: new Set(['WAU', 'WVW']) },
      });
    });

    it('makes an id when none is given', async () => {
      const { client } = await carryOut('addClient', { name: 'x', organisation: 'x', roles: ['CPO'] });
      expect(client?.['clientId']).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('is recorded as the operator’s, with the request’s trace id', async () => {
      await carryOut('addClient', oem);
      expect(await identity.recorded()).toEqual([
        {
          clientId: 'the-OPERATOR',
          organisation: 'Operators Ltd',
          traceId: 'trace-7',
          action: 'addClient',
          object: 'Client oem',
          outcome: 'DONE',
        },
      ]);
    });

    it.each([
      ['clientId', { clientId: 'a b' }, 'BAD_INPUT', 'A client id consists of 1 to 100 letters'],
      ['clientId', { clientId: 'there' }, 'CONFLICT', 'A client "there" is already there.'],
      ['name', { name: '' }, 'BAD_INPUT', 'A name has'],
      ['organisation', { organisation: 'a\nb' }, 'BAD_INPUT', 'An organisation has'],
      ['roles', { roles: [] }, 'BAD_INPUT', 'None of the roles is known.'],
      ['wmis', { wmis: ['WBA'] }, 'CONFLICT', 'WBA belongs to another organisation.'],
      ['providerIds', { providerIds: ['D'] }, 'BAD_INPUT', '"D": A provider id has'],
    ])('is refused naming %s for %j, and sets nothing up', async (field, wrong, code, sentence) => {
      await carryOut('addClient', {
        ...oem,
        clientId: 'there',
        organisation: 'Others',
        wmis: ['WBA'],
      });
      const before = await countRows();
      expect(await carryOut('addClient', { ...oem, ...wrong })).toEqual({
        client: null,
        clientSecret: null,
        userErrors: [{ code, message: expect.stringContaining(sentence), path: ['input', field] }],
      });
      expect(await countRows()).toEqual(before);
    });

    it('takes no role that there is not, SERVICE among them', async () => {
      for (const role of ['SERVICE', 'ADMIN', 'MO']) {
        const { errors } = await send('addClient', { ...oem, roles: [role] });
        expect(errors).toMatchObject([
          { message: expect.stringContaining(role), extensions: { code: 'BAD_INPUT' } },
        ]);
      }
      expect(await countRows()).toEqual([]);
    });
  });

  it('shows a secret in the answers of addClient and rotateClientSecret, and nowhere else', async () => {
    const { clientSecret: first } = await carryOut('addClient', oem);
    const rotated = await carryOut('rotateClientSecret', { clientId: 'oem' });
    expect(rotated).toMatchObject({ client: { clientId: 'oem' }, userErrors: [] });
    const secrets = [first ?? '', rotated.clientSecret ?? ''];
    expect(new Set(secrets.map(({ length }) => length))).toEqual(new Set([43]));
    const { length: known } = await auditTrail(identity.database);
    await send('addClient', oem);
    await recordedSince(identity.database, known);
    const elsewhere = JSON.stringify([
      await identity.execute('OPERATOR', `{ clients(first: 9) { nodes { ${fields} } } }`),
      await identity.database.query('SELECT * FROM client'),
      await auditTrail(identity.database),
      identity.logged(),
    ]);
    for (const secret of secrets) {
      expect(elsewhere).not.toContain(secret);
      expect(elsewhere).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
    expect(await identity.clients.authenticate('oem', secrets[0] ?? '')).toBeUndefined();
    expect(await identity.clients.authenticate('oem', secrets[1] ?? '')).toMatchObject({ clientId: 'oem' });
  });

  it('updates what is given: lists as a whole, the rest stays', async () => {
    await carryOut('addClient', oem);
    const { client } = await carryOut('updateClient', {
      clientId: 'oem',
      name: 'Better cars',
      roles: ['CPO', 'OEM'],
      wmis: ['WBA'],
      providerIds: null,
    });
    expect(client).toMatchObject({
      name: 'Better cars',
      organisation: 'Cars Inc',
      roles: ['CPO', 'OEM'],
      wmis: ['WBA'],
      providerIds: [],
    });
    expect((await identity.clients.find('oem'))?.caller.wmis).toEqual(new Set(['WBA']));
    await carryOut('updateClient', { clientId: 'oem', name: 'Better cars' });
    expect((await identity.recorded()).map(({ action }) => action)).toEqual(['addClient', 'updateClient']);
  });

  it('disables and enables', async () => {
    const { clientSecret } = await carryOut('addClient', oem);
    identity.clock.advance(1_000);
    const disabledAt = identity.clock.now().toISOString();
    expect((await carryOut('disableClient', { clientId: 'oem' })).client).toEqual({
      clientId: 'oem',
      enabled: false,
      disabledAt,
    });
    expect(await identity.clients.authenticate('oem', clientSecret ?? '')).toBeUndefined();
    expect((await carryOut('enableClient', { clientId: 'oem' })).client).toEqual({
      clientId: 'oem',
      enabled: true,
      disabledAt: null,
    });
    expect(await identity.clients.authenticate('oem', clientSecret ?? '')).toBeDefined();
    expect((await identity.recorded()).map(({ action }) => action)).toEqual([
      'addClient',
      'disableClient',
      'enableClient',
    ]);
  });

  it.each<[Mutation, object]>([
    ['updateClient', { name: 'x' }],
    ['rotateClientSecret', {}],
    ['disableClient', {}],
    ['enableClient', {}],
  ])('%s says that there is no such client', async (mutation, rest) => {
    expect(await carryOut(mutation, { clientId: 'nobody', ...rest })).toMatchObject({
      client: null,
      userErrors: [
        { code: 'NOT_FOUND', message: 'There is no client "nobody".', path: ['input', 'clientId'] },
      ],
    });
    expect(await identity.recorded()).toEqual([]);
  });

  it('is for the operator only, whatever the field', async () => {
    await carryOut('addClient', oem);
    const before = await countRows();
    const id = globalId('Client', 'oem');
    for (const role of ['OEM', 'MO', 'CPO', 'CPS', 'SERVICE']) {
      const reads = [
        '{ clients(first: 1) { totalCount } }',
        '{ client(clientId: "oem") { name } }',
        '{ client(clientId: "nobody") { name } }',
        `{ _entities(representations: [{__typename: "Client", id: "${id}"}]) { ... on Client { name } } }`,
        '{ _entities(representations: [{__typename: "Client", clientId: "oem"}]) { ... on Client { id } } }',
      ];
      const answers = [
        ...reads.map((query) => identity.execute(role, query)),
        send('addClient', { ...oem, clientId: 'more' }, role),
        send('updateClient', { clientId: 'oem', name: 'x' }, role),
        ...(['rotateClientSecret', 'disableClient', 'enableClient'] as const).map((mutation) =>
          send(mutation, { clientId: 'oem' }, role),
        ),
      ];
      for (const { data, errors } of await Promise.all(answers)) {
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
        expect(JSON.stringify(data ?? null)).not.toContain('Cars');
      }
    }
    expect(await countRows()).toEqual(before);
  });

  describe('client and the entity', () => {
    it('is one client, enabled or not, by its id or its global id', async () => {
      await carryOut('addClient', oem);
      await carryOut('disableClient', { clientId: 'oem' });
      const { data } = await identity.execute(
        'OPERATOR',
        `{ client(clientId: "oem") { id name enabled } none: client(clientId: "no body") { name }
           _entities(representations: [
             {__typename: "Client", id: "${globalId('Client', 'oem')}"}, {__typename: "Client", clientId: "oem"},
             {__typename: "Client", id: "${globalId('Contract', 'oem')}"}]) { ... on Client { name } } }`,
      );
      expect(data).toEqual({
        client: { id: globalId('Client', 'oem'), name: 'Cars', enabled: false },
        none: null,
        _entities: [{ name: 'Cars' }, { name: 'Cars' }, null],
      });
    });
  });

  describe('clients', () => {
    beforeEach(async () => {
      for (const [id, more] of [
        ['c', { roles: ['OEM'], wmis: ['WVW'] }],
        ['A', { roles: ['OEM', 'CPO'], wmis: ['WBA'] }],
        ['b', { roles: ['MO_V2G_PKI'], providerIds: ['DE8AA'], organisation: 'Power' }],
        ['d', { roles: ['OPERATOR'], organisation: 'power' }],
      ] as const) {
        await carryOut('addClient', { clientId: id, name: 'x', organisation: 'Cars', ...more });
        identity.clock.advance(1_000);
      }
      await carryOut('disableClient', { clientId: 'd' });
    });

    const list = async (variables: Record<string, unknown>) => {
      const { data, errors } = await identity.execute(
        'OPERATOR',
        `query ($where: ClientFilter, $orderBy: ClientOrder, $first: Int, $after: String, $last: Int, $before: String) {
          clients(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
            nodes { clientId } edges { cursor node { clientId } } totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          }
        }`,
        variables,
      );
      return { page: data?.['clients'] as List | null | undefined, errors };
    };
    const pageOf = async (variables: Record<string, unknown>): Promise<List> => {
      const { page, errors } = await list(variables);
      if (page == null) throw new Error(JSON.stringify(errors));
      return page;
    };
    const ids = async (variables: Record<string, unknown>) =>
      (await pageOf(variables)).nodes.map(({ clientId }) => clientId);

    it.each([
      [undefined, ['c', 'A', 'b', 'd']],
      [{ organisation: ' POWER ' }, ['b', 'd']],
      [{ role: ['CPO', 'OPERATOR'] }, ['A', 'd']],
      [{ wmi: ['wba'] }, ['A']],
      [{ providerId: ['de8aa', '\u0000'] }, ['b']],
      [{ enabled: false }, ['d']],
      [{ enabled: true, organisation: 'Power' }, ['b']],
      [{ organisation: 'Nobody' }, []],
    ])('narrowed by %j are %j', async (where, expected) => {
      const page = await pageOf({ where, first: 10 });
      expect(page.nodes.map(({ clientId }) => clientId)).toEqual(expected);
      expect(page.totalCount).toBe(expected.length);
    });

    it.each([
      [null, ['c', 'A', 'b', 'd']],
      ['CREATED_AT_ASC', ['c', 'A', 'b', 'd']],
      ['CREATED_AT_DESC', ['d', 'b', 'A', 'c']],
      ['CLIENT_ID_ASC', ['A', 'b', 'c', 'd']],
      ['CLIENT_ID_DESC', ['d', 'c', 'b', 'A']],
    ])('ordered by %s come page by page, from either end', async (orderBy, expected) => {
      const forward: string[] = [];
      let after: string | undefined;
      do {
        const page: List = await pageOf({ orderBy, first: 3, after });
        expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
        expect(page.pageInfo.hasPreviousPage).toBe(after !== undefined);
        forward.push(...page.nodes.map(({ clientId }) => clientId));
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
      } while (after !== undefined);
      expect(forward).toEqual(expected);

      const lastPage = await pageOf({ orderBy, last: 3 });
      expect(lastPage.nodes.map(({ clientId }) => clientId)).toEqual(expected.slice(1));
      expect(lastPage.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
      expect(await ids({ orderBy, last: 3, before: lastPage.pageInfo.startCursor })).toEqual([expected[0]]);
    });

    it.each([
      [{}, ['first']],
      [{ first: 0 }, ['first']],
      [{ first: 101 }, ['first']],
      [{ first: 1, after: 'x' }, ['after']],
      [{ first: 1, after: cursorOf(['a b']), orderBy: 'CLIENT_ID_ASC' }, ['after']],
      [{ first: 1, after: cursorOf(['a']) }, ['after']],
      [{ first: 1, where: { organisation: '' } }, ['where', 'organisation']],
      [{ first: 1, where: { organisation: 'a\u0000' } }, ['where', 'organisation']],
      [{ first: 1, where: { providerId: Array(101).fill('DE8AA') } }, ['where', 'providerId']],
      [{ first: 1, where: { wmi: Array(101).fill('WVW') } }, ['where', 'wmi']],
    ])('refuse %j, naming %j', async (variables, argument) => {
      expect((await list(variables)).errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', argument } }]);
    });
  });
});

function cursorOf(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}
