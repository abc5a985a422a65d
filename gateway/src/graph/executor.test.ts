import { getIntrospectionQuery } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { maxHops, type RequestContext } from '@chargegraph/graph';
import { silentLogger } from '@chargegraph/service';
import { contextOf, createTestGraph, pcid, supergraph } from '../graph.fixture.ts';
import { createGraphExecutor, type PoolSource } from './executor.ts';

describe('the graph', () => {
  const { asked, executor } = createTestGraph();
  const execute = (query: string, variables: Record<string, unknown> = {}, context = contextOf('OEM')) =>
    executor.execute({ query, variables, context });
  const codesOf = ({ errors }: Awaited<ReturnType<typeof execute>>) =>
    errors?.map(({ extensions }) => extensions?.['code']);

  beforeEach(() => {
    asked.length = 0;
  });

  it('answers fields of several pools in one selection, aliases and all', async () => {
    const query = `query ($emaid: EMAID!) {
      mine: contract(emaid: $emaid) {
        emaid
        provisioningCertificate { car: pcid rootCertificate { fingerprint } }
      }
    }`;
    const context = contextOf('OEM');
    expect(await execute(query, { emaid: 'DE8AACA2B3C4D5' }, context)).toEqual({
      data: {
        mine: {
          emaid: 'DE8AACA2B3C4D5',
          provisioningCertificate: { car: pcid, rootCertificate: { fingerprint: 'f'.repeat(64) } },
        },
      },
    });
    expect(asked.map(({ pool }) => pool)).toEqual(['ccp', 'pcp', 'rcp']);
    for (const request of asked) expect(request.context).toBe(context);
  });

  it('puts the defaults of variables in', async () => {
    const query = `query ($emaid: EMAID = "DE8AACA2B3C4D5", $with: Boolean = true) {
      contract(emaid: $emaid) { emaid providerId @include(if: $with) id @skip(if: $with) }
    }`;
    expect(await execute(query)).toEqual({
      data: { contract: { emaid: 'DE8AACA2B3C4D5', providerId: 'DE8AA' } },
    });
  });

  it.each([
    ['{ contractEventLog(first: 1) { head } }', {}],
    ['{ ...F } fragment F on Query { contractEventLog(first: 1) { head } }', {}],
    [
      `query ($no: Boolean!) { vehicleExists(pcid: "${pcid}") contractEventLog(first: 1) @include(if: $no) { head } }`,
      { no: false },
    ],
  ])('refuses %s to a caller without the role before any pool is asked', async (query, variables) => {
    const response = await execute(query, variables);
    expect(response.data).toBeUndefined();
    expect(codesOf(response)).toEqual(['FORBIDDEN']);
    expect(asked).toEqual([]);
  });

  it('leaves the roles of a mutation to its pool, which records the refusal', async () => {
    const response = await execute(
      'mutation { addRootCertificate(input: {certificate: "x", type: V2G}) { userErrors { code } } }',
    );
    expect(response.data ?? null).toBeNull();
    expect(codesOf(response)).toEqual(['FORBIDDEN']);
    expect(asked.map(({ pool }) => pool)).toEqual(['rcp']);
  });

  it.each([
    ['is missing', {}],
    ['is null', { emaid: null }],
    ['is of the wrong type', { emaid: { a: 1 } }],
  ])('refuses a variable that %s, before a pool answers it', async (_, variables) => {
    const response = await execute('query ($emaid: EMAID!) { contract(emaid: $emaid) { id } }', variables);
    expect(codesOf(response)).toEqual(['BAD_INPUT']);
    expect(response.errors?.[0]?.message).toContain('emaid');
    expect(response.data?.['contract'] ?? null).toBeNull();
  });

  it('refuses every wrong variable at once', async () => {
    const query = `query ($a: EMAID!, $b: Boolean!) { contract(emaid: $a) { id @skip(if: $b) } }`;
    expect(codesOf(await execute(query, { b: 'yes' }))).toEqual(['BAD_INPUT', 'BAD_INPUT']);
    expect(asked).toEqual([]);
  });

  it('refuses subscriptions, which have a door of their own', async () => {
    const response = await execute('subscription { contractEvents { id } }');
    expect(codesOf(response)).toEqual(['BAD_INPUT']);
    expect(response.errors?.[0]?.message).toContain('websocket');
  });

  it.each<[string, Partial<RequestContext>, string]>([
    ['nobody waits for any more', { deadline: Date.now() - 1 }, 'DEADLINE_EXCEEDED'],
    ['pools pass around in a circle', { hops: maxHops + 1 }, 'LIMIT_EXCEEDED'],
  ])('refuses an operation that %s', async (_, changes, code) => {
    const context = { ...contextOf('OEM'), ...changes };
    expect(codesOf(await execute(`{ vehicleExists(pcid: "${pcid}") }`, {}, context))).toEqual([code]);
    expect(asked).toEqual([]);
  });

  it('answers what it can beside what a pool refuses, and says where', async () => {
    const query = `{
      vehicleExists(pcid: "${pcid}")
      foreign: contract(emaid: "FR8AACA2B3C4D5") { emaid provisioningCertificate { wmi } }
    }`;
    const { data, errors } = await execute(query);
    expect(data).toEqual({
      vehicleExists: true,
      foreign: { emaid: 'FR8AACA2B3C4D5', provisioningCertificate: null },
    });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'Not yours.',
        path: ['foreign', 'provisioningCertificate'],
        extensions: { code: 'FORBIDDEN', traceId: 'trace-1' },
      }),
    ]);
  });

  it('says where a root field of a pool broke, and nothing of how', async () => {
    const { data, errors } = await execute(
      `{ vehicleExists(pcid: "${pcid}") a: provisioningCertificate(pcid: "${pcid}", namespace: ISO15118_20) { id } }`,
    );
    expect(data).toEqual({ vehicleExists: true, a: null });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'internal error',
        path: ['a'],
        extensions: { code: 'INTERNAL', traceId: 'trace-1' },
      }),
    ]);
  });

  it('shows nothing of a pool that breaks its promise never to throw', async () => {
    const broken: PoolSource = { name: 'pcp', execute: () => Promise.reject(new Error('password=hunter2')) };
    const graph = createGraphExecutor({ supergraph, pools: [broken], logger: silentLogger });
    const { data, errors } = await graph.execute({
      query: `{ a: vehicleExists(pcid: "${pcid}") }`,
      context: contextOf('OEM'),
    });
    expect(data?.['a'] ?? null).toBeNull();
    expect(JSON.stringify(errors)).not.toContain('hunter2');
    expect(errors?.[0]).toMatchObject({ message: 'internal error', extensions: { code: 'INTERNAL' } });
  });

  it('answers introspection and __typename without any pool', async () => {
    // Apollo's model of a schema does not know isOneOf.
    for (const options of [{}, { oneOf: true, schemaDescription: true, inputValueDeprecation: true }]) {
      const { data, errors } = await execute(getIntrospectionQuery(options));
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data)).toContain('contractEvents');
    }
    const query =
      'query A { __typename } query B ($t: String!) { t: __type(name: $t) { name ...F } } fragment F on __Type { kind }';
    const context = contextOf('OEM');
    expect(
      await executor.execute({ query, operationName: 'B', variables: { t: 'Contract' }, context }),
    ).toEqual({
      data: { t: { name: 'Contract', kind: 'OBJECT' } },
    });
    expect(await execute('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    expect(asked).toEqual([]);
  });

  it('reports everything that is wrong with an operation', async () => {
    expect(codesOf(await execute('{ one two }'))).toEqual(['BAD_INPUT', 'BAD_INPUT']);
    expect(codesOf(await execute('{'))).toEqual(['BAD_INPUT']);
  });
});
