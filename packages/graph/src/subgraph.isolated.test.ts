import type { GraphQLSchema } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { callerWith, contextOf } from './context.fixture.ts';
import { maxHops } from './request-context.ts';
import { createSubgraphExecutor, createSubgraphSchema } from './subgraph.ts';

const graphql = vi.hoisted(() => ({ parsed: [] as string[] }));
vi.mock(import('graphql'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    parse: (source, options) => {
      if (typeof source === 'string') graphql.parsed.push(source);
      return original.parse(source, options);
    },
  };
});

const sdl = /* GraphQL */ `
  scalar DateTime
  type Query {
    hello(name: String! = "world"): String
    now: DateTime
    whole(number: Int): Int
    refused: String
    broken: String
    needed: String!
    context: String
    hangs: String
  }
`;

function schemaWith(
  hello = vi.fn((_: unknown, { name }: { name: string }) => `hello ${name}`),
): GraphQLSchema {
  return createSubgraphSchema(sdl, {
    Query: {
      hello,
      now: () => new Date('2026-03-01T12:00:00.000Z'),
      whole: (_: unknown, { number }: { number: number }) => number,
      refused: () => {
        throw new ChargeGraphError('NOT_FOUND', 'There is none.', { path: ['pcid'] });
      },
      broken: () => {
        throw new Error('password=hunter2');
      },
      needed: () => null,
      hangs: () => new Promise<string>(() => undefined),
      context: (_: unknown, _arguments: unknown, context: unknown) => {
        const { loader, traceId } = context as { loader: string; traceId: string };
        return `${loader} ${traceId}`;
      },
    },
  });
}

describe('the way into a pool', () => {
  const logger = silentLogger.child({});
  const logged = vi.spyOn(logger, 'error');
  const context = contextOf(callerWith('OEM'));
  const execute = createSubgraphExecutor({
    schema: schemaWith(),
    logger,
    contextFor: (each) => ({ ...each, loader: 'loader of' }),
  });

  it('answers at the deadline when what it waits for never comes', async () => {
    const began = Date.now();
    const { data, errors } = await execute({
      query: '{ hangs }',
      context: { ...context, deadline: began + 100 },
    });
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED', traceId: context.traceId } }]);
    expect(Date.now()).toBeGreaterThanOrEqual(began + 99);
  });

  afterEach(() => {
    logged.mockClear();
    graphql.parsed.length = 0;
  });

  it('runs an operation with its variables, by name', async () => {
    const query = 'query A($name: String!) { hello(name: $name) } query B { hello }';
    expect(await execute({ query, operationName: 'A', variables: { name: 'you' }, context })).toEqual({
      data: { hello: 'hello you' },
    });
    expect(await execute({ query, operationName: 'B', context })).toEqual({ data: { hello: 'hello world' } });
  });

  it('answers scalars as JSON', async () => {
    expect(await execute({ query: '{ now }', context })).toEqual({
      data: { now: '2026-03-01T12:00:00.000Z' },
    });
  });

  it('gives the resolvers the context made for the operation', async () => {
    expect(await execute({ query: '{ context }', context })).toEqual({
      data: { context: 'loader of trace-1' },
    });
  });

  it.each([
    ['a syntax error', { query: '{ hello' }, /^Syntax Error/],
    ['an unknown field', { query: '{ goodbye }' }, /Cannot query field "goodbye"/],
    ['a missing variable', { query: 'query ($n: String!) { hello(name: $n) }' }, /Variable "\$n"/],
    [
      'a variable of the wrong type',
      { query: 'query ($n: Int) { whole(number: $n) }', variables: { n: 'x' } },
      /Variable "\$n"/,
    ],
    ['an unknown operation', { query: 'query A { hello }', operationName: 'B' }, /operation named "B"/],
    ['several operations without a name', { query: 'query A { hello } query B { hello }' }, /operation name/],
  ])('refuses %s as bad input', async (_, request, sentence) => {
    const { data, errors } = await execute({ ...request, context });
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(sentence) as unknown,
      extensions: { code: 'BAD_INPUT', traceId: 'trace-1' },
    });
  });

  it('answers what it can beside what is refused or broken', async () => {
    const { data, errors } = await execute({ query: '{ hello one: refused two: broken }', context });
    expect(data).toEqual({ hello: 'hello world', one: null, two: null });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'There is none.',
        path: ['one'],
        extensions: { code: 'NOT_FOUND', argument: ['pcid'], traceId: 'trace-1' },
      }),
      expect.objectContaining({
        message: 'internal error',
        path: ['two'],
        extensions: { code: 'INTERNAL', traceId: 'trace-1' },
      }),
    ]);
    expect(logged).toHaveBeenCalledOnce();
  });

  it('shows no more of a resolver that breaks its promise than that it is an internal error', async () => {
    expect(await execute({ query: '{ needed }', context })).toMatchObject({
      data: null,
      errors: [{ message: 'internal error', extensions: { code: 'INTERNAL' } }],
    });
  });

  it('never throws, also when the context cannot be made', async () => {
    for (const fault of [new Error('hunter2'), new TypeError('hunter2')]) {
      const failing = createSubgraphExecutor({
        schema: schemaWith(),
        logger,
        contextFor: () => {
          throw fault;
        },
      });
      const { errors } = await failing({ query: '{ hello }', context });
      expect(errors).toEqual([
        { message: 'internal error', extensions: { code: 'INTERNAL', traceId: 'trace-1' } },
      ]);
    }
  });

  it.each([
    ['that nobody waits for any more', { deadline: Date.now() - 1 }, 'DEADLINE_EXCEEDED'],
    ['that pools pass around in a circle', { hops: maxHops + 1 }, 'LIMIT_EXCEEDED'],
  ])('refuses an operation %s, before any resolver runs', async (_, changes, code) => {
    const hello = vi.fn(() => 'hello');
    const guarded = createSubgraphExecutor({ schema: schemaWith(hello), logger, contextFor: (each) => each });
    const { data, errors } = await guarded({ query: '{ hello }', context: { ...context, ...changes } });
    expect(data).toBeUndefined();
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual([code]);
    expect(hello).not.toHaveBeenCalled();
    await guarded({ query: '{ hello }', context: { ...context, hops: maxHops } });
    expect(hello).toHaveBeenCalledOnce();
  });

  it('parses a document once, and once more when a thousand others came since', async () => {
    const query = '{ hello(name: "again") }';
    await execute({ query, context });
    await execute({ query, context });
    expect(graphql.parsed).toEqual([query]);
    for (let number = 0; number < 1_000; number++) {
      await execute({ query: `{ hello(name: "${String(number)}") }`, context });
    }
    await execute({ query, context });
    expect(graphql.parsed.filter((source) => source === query)).toHaveLength(2);
  });

  it('does not keep a document that it refused', async () => {
    await execute({ query: '{ goodbye }', context });
    expect(await execute({ query: '{ goodbye }', context })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_INPUT' } }],
    });
    expect(graphql.parsed).toEqual(['{ goodbye }', '{ goodbye }']);
  });
});
