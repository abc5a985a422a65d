import { describe, expect, it } from 'vitest';
import { silentLogger } from '@chargegraph/service';
import { contextOf, createTestGraph, pcid, supergraph } from '../graph.fixture.ts';
import { createGraphExecutor } from './executor.ts';
import { createPreparer } from './operation.ts';

const prepare = createPreparer(supergraph);
const named = `provisioningCertificate(pcid: $pcid, namespace: ISO15118_2) { id car: pcid certificate { pem } }`;

describe('an operation that one pool answers by itself', () => {
  it.each([
    ['query ($pcid: PCID!) { ' + named + ' }'],
    ['query A($pcid: PCID!) { a: ' + named + ' vehicleExists(pcid: $pcid) }'],
    ['query ($pcid: PCID = "WVWZZZ1JZ3W386752") { vehicleExists(pcid: $pcid) }'],
    [
      'mutation ($i: RequestCertificateInstallationInput!) { requestCertificateInstallation(input: $i) { outcome } }',
    ],
  ])('is asked of it directly: %s', (query) => {
    expect(prepare(query).direct).toMatchObject({ pool: expect.stringMatching(/^(pcp|ccp)$/) as string });
  });

  it.each([
    [
      'two pools',
      'query ($e: EMAID!) { contract(emaid: $e) { emaid provisioningCertificate { pcid rootCertificate { fingerprint } } } }',
    ],
    ['a fragment', `{ ...F } fragment F on Query { vehicleExists(pcid: "${pcid}") }`],
    ['an inline fragment', `{ ... on Query { vehicleExists(pcid: "${pcid}") } }`],
    ['a directive', `query ($b: Boolean!) { vehicleExists(pcid: "${pcid}") @skip(if: $b) }`],
    ['__typename', `{ provisioningCertificate(pcid: "${pcid}", namespace: ISO15118_2) { __typename pcid } }`],
    ['nothing but the schema', '{ __schema { queryType { name } } }'],
    ['a field twice', `{ vehicleExists(pcid: "${pcid}") vehicleExists(pcid: "${pcid}") }`],
  ])('is not one that has %s', (_, query) => {
    expect(prepare(query).direct).toBeUndefined();
  });

  it('has the answer that the long way gives, errors in their places too', async () => {
    const queries = [
      [`{ vehicleExists(pcid: "${pcid}") }`, {}],
      [
        `{ b: vehicleExists(pcid: "${pcid}") a: provisioningCertificate(pcid: "${pcid}", namespace: ISO15118_20) { id } }`,
        {},
      ],
      ['query ($emaid: EMAID = "DE8AACA2B3C4D5") { contract(emaid: $emaid) { emaid id providerId } }', {}],
      [
        'query ($emaid: EMAID!) { mine: contract(emaid: $emaid) { providerId emaid } }',
        { emaid: 'DE8AACA2B3C4D5' },
      ],
      ['mutation { addRootCertificate(input: {certificate: "x", type: V2G}) { userErrors { code } } }', {}],
    ] as const;
    for (const [query, variables] of queries) {
      const { asked, executor } = createTestGraph();
      const prepared = executor.prepare(query);
      expect(prepared.direct).toBeDefined();
      const context = contextOf('OEM');
      const direct = await executor.run({ prepared, variables, context });
      expect(asked).toHaveLength(1);
      const long = await executor.run({ prepared: { ...prepared, direct: undefined }, variables, context });
      expect(asked).toHaveLength(2);
      expect(asked[0]).toEqual(asked[1]);
      expect(direct).toEqual(long);
      expect(JSON.stringify(direct.data)).toBe(JSON.stringify(long.data));
    }
  });

  it('is refused as ever by a pool that is not there or breaks down', async () => {
    const broken = { name: 'pcp', execute: () => Promise.reject(new Error('password=hunter2')) };
    for (const pools of [[], [broken]]) {
      const executor = createGraphExecutor({ supergraph, pools, logger: silentLogger });
      const prepared = executor.prepare(`{ vehicleExists(pcid: "${pcid}") }`);
      const response = await executor.run({ prepared, variables: {}, context: contextOf('OEM') });
      expect(response.errors?.[0]).toMatchObject({
        message: 'internal error',
        extensions: { code: 'INTERNAL' },
      });
      expect(JSON.stringify(response)).not.toContain('hunter2');
    }
  });
});
