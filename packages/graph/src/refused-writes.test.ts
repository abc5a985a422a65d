import { silentLogger, ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { RefusedWrite } from '@chargegraph/audit';
import { beforeEach, describe, expect, it } from 'vitest';
import { callerWith, contextOf } from './context.fixture.ts';
import { withUserErrors } from './errors.ts';
import { createSubgraphExecutor, createSubgraphSchema } from './subgraph.ts';

const sdl = `
  directive @access(roles: [String!]!) on FIELD_DEFINITION
  type Query { ask: Boolean @access(roles: ["OPERATOR"]) }
  type Mutation {
    change(emaid: String): Payload
    changeBare(code: String!): Boolean
    changeAsOperator: Boolean @access(roles: ["OPERATOR"])
    answer: Boolean @access(roles: ["OPERATOR"])
  }
  type Payload { changed: Boolean userErrors: [UserError!]! }
  type UserError { message: String! code: String! }
`;

const told: (Omit<RefusedWrite, 'object'> & { object: string })[] = [];
const fail = (code: ErrorCode) => {
  throw new ChargeGraphError(code, 'No.');
};

const resolvers = {
  Query: { ask: () => true },
  Mutation: {
    change: (_: unknown, { emaid }: { emaid?: string }) =>
      withUserErrors({ changed: null as boolean | null }, () => {
        if (emaid !== undefined) fail('NOT_FOUND');
        return Promise.resolve({ changed: true });
      }),
    changeBare: (_: unknown, { code }: { code: ErrorCode | 'BUG' }) => {
      if (code === 'BUG') throw new Error('password=hunter2');
      fail(code);
    },
    changeAsOperator: () => true,
    answer: () => true,
  },
};

const execute = createSubgraphExecutor({
  schema: createSubgraphSchema(sdl, resolvers, {
    refusals: {
      record: (refusal) => {
        told.push({ ...refusal, object: refusal.object() });
      },
    },
    notWrites: ['answer'],
  }),
  logger: silentLogger,
  contextFor: (context) => context,
});
const run = (query: string) => execute({ query, context: contextOf(callerWith('CPO')) });
const act = { clientId: 'test', organisation: 'Test', traceId: 'trace-1' };

beforeEach(() => {
  told.length = 0;
});

describe('a refused mutation', () => {
  it('is told with its caller, action, object, code and sentence, whatever the caller selects', async () => {
    const { data, errors } = await run('mutation { it: change(emaid: "DEABCC00000001") { changed } }');
    expect({ data, errors }).toEqual({ data: { it: { changed: null } }, errors: undefined });
    expect(told).toEqual([
      { act, action: 'change', object: 'Contract DEABCC00000001', code: 'NOT_FOUND', detail: 'No.' },
    ]);
  });

  it('is told when the caller has none of the roles', async () => {
    expect((await run('mutation { changeAsOperator }')).errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect(told).toMatchObject([{ action: 'changeAsOperator', code: 'FORBIDDEN', object: '' }]);
  });

  it.each(['FORBIDDEN', 'LIMIT_EXCEEDED', 'PAYLOAD_TOO_LARGE', 'BAD_INPUT'])(
    'is told when it throws %s',
    async (code) => {
      expect((await run(`mutation { changeBare(code: "${code}") }`)).errors?.[0]?.extensions?.['code']).toBe(
        code,
      );
      expect(told).toMatchObject([{ action: 'changeBare', code, detail: 'No.' }]);
    },
  );

  it('is told once for each root field of an operation', async () => {
    await run('mutation { a: change(emaid: "x") { changed } b: change(emaid: "y") { changed } }');
    expect(told).toHaveLength(2);
  });
});

describe('the audit is told nothing', () => {
  it.each(['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE', 'INTERNAL', 'BUG'])(
    'of a fault: %s',
    async (code) => {
      expect((await run(`mutation { changeBare(code: "${code}") }`)).errors).toHaveLength(1);
      expect(told).toEqual([]);
    },
  );

  it.each([
    ['a mutation that is carried out', 'mutation { change { changed } }'],
    ['a refused query', '{ ask }'],
    ['a refused mutation that is no write', 'mutation { answer }'],
    ['an operation that does not fit the schema', 'mutation { change(emaid: 1) { changed } }'],
  ])('of %s', async (_, query) => {
    await run(query);
    expect(told).toEqual([]);
  });
});
