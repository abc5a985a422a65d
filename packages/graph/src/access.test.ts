import { execute, parse, type ExecutionResult } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import type { Role } from '@chargegraph/identity';
import { accessRoles, requireRole } from './access.ts';
import { callerWith, contextOf } from './context.fixture.ts';
import { pools, subgraphSdl } from './sdl.ts';
import { createSubgraphSchema } from './subgraph.ts';

const sdl = (roles: string) => /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  directive @access(roles: [String!]!) on FIELD_DEFINITION
  type Query {
    secret: String @access(roles: ${roles})
    open: String
    car: Car
  }
  type Mutation {
    change: String @access(roles: ${roles})
  }
  type Car @key(fields: "id") {
    id: ID!
    key: String @access(roles: ${roles})
    "Without a resolver of its own."
    plain: String @access(roles: ${roles})
  }
`;

describe('a field with @access', () => {
  const resolve = vi.fn(() => 'hunter2');
  const load = vi.fn(({ id }: { id: string }) => ({ __typename: 'Car', id, plain: 'hunter2' }));
  const schema = createSubgraphSchema(sdl('["OEM", "SERVICE"]'), {
    Query: { secret: resolve, open: () => 'hello', car: () => ({ id: '1', plain: 'hunter2' }) },
    Mutation: { change: resolve },
    Car: { __resolveReference: load, key: resolve },
  });

  async function run(source: string, ...roles: Role[]): Promise<ExecutionResult> {
    resolve.mockClear();
    return await execute({ schema, document: parse(source), contextValue: contextOf(callerWith(...roles)) });
  }

  it.each([
    ['{ secret }', 'Query.secret'],
    ['{ other: secret }', 'Query.secret'],
    ['{ ...on Query { secret } }', 'Query.secret'],
    ['mutation { change }', 'Mutation.change'],
    ['{ car { key } }', 'Car.key'],
    ['{ _entities(representations: [{__typename: "Car", id: "1"}]) { ... on Car { key } } }', 'Car.key'],
  ])('refuses others before its resolver runs: %s', async (source, name) => {
    for (const roles of [[], ['CPO', 'OPERATOR']] satisfies Role[][]) {
      const { errors } = await run(source, ...roles);
      expect(resolve).not.toHaveBeenCalled();
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.originalError).toMatchObject({
        code: 'FORBIDDEN',
        message: `None of your roles may use ${name}.`,
      });
    }
    for (const role of ['OEM', 'SERVICE'] as const) {
      expect((await run(source, role)).errors).toBeUndefined();
      expect(resolve).toHaveBeenCalledOnce();
    }
  });

  it('refuses others when it has no resolver of its own', async () => {
    expect((await run('{ car { plain } }', 'CPO')).data).toEqual({ car: { plain: null } });
    expect((await run('{ car { plain } }', 'OEM')).data).toEqual({ car: { plain: 'hunter2' } });
  });

  it('leaves the fields beside it to everybody', async () => {
    expect((await run('{ open secret }')).data).toEqual({ open: 'hello', secret: null });
  });
});

describe('a schema with @access', () => {
  const build = (roles: string) => createSubgraphSchema(sdl(roles), {});

  it.each(['["OEMS"]', '["oem"]', '[""]', '["OEM", "__proto__"]', '["constructor"]'])(
    'is refused at the start when a role is unknown: %s',
    (roles) => {
      expect(() => build(roles)).toThrow('names an unknown role');
    },
  );

  it('is refused at the start when the roles are no list', () => {
    expect(() => build('"OEM"')).toThrow('names no roles');
  });

  it('lets nobody in where the list is empty', async () => {
    const { errors } = await execute({
      schema: build('[]'),
      document: parse('{ secret }'),
      contextValue: contextOf(callerWith('OEM', 'OPERATOR', 'SERVICE')),
    });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each(pools)('of %s guards every query and mutation', (pool) => {
    const schema = createSubgraphSchema(subgraphSdl(pool), {});
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}));
    const open = fields.filter((field) => accessRoles(field) === undefined).map(({ name }) => name);
    expect(fields.length).toBeGreaterThan(open.length);
    expect(open.filter((name) => !['_service', '_entities'].includes(name))).toEqual([]);
  });
});

describe('a caller’s roles', () => {
  it('are enough when one of them is asked for', () => {
    expect(() => {
      requireRole(callerWith('CPO', 'OEM'), ['OEM'], 'Query.x');
    }).not.toThrow();
    expect(() => {
      requireRole(callerWith('CPO'), ['OEM'], 'Query.x');
    }).toThrow('None of your roles may use Query.x.');
  });
});
