import fc from 'fast-check';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { supergraph } from '../graph.fixture.ts';
import { defaultLimits } from '../limits/gateway-limits.ts';
import { amountOf } from './amount.ts';
import { dearMutations, weights } from './cost.ts';
import { createPreparer } from './operation.ts';

const prepare = createPreparer(supergraph, { ...defaultLimits, maxFields: 100_000, maxTokens: 0 });
const cost = (query: string, variables: Record<string, unknown> = {}) =>
  amountOf(prepare(query).cost, variables);
const { hop, introspection, mutation, dearMutation, listWithoutPages } = weights;
const contract = (selection: string) => `{ contract(emaid: "DE8AACA2B3C4D5") { ${selection} } }`;
const contracts = (args: string, selection: string) =>
  `provisioningCertificate(pcid: "WVWZZZ1JZ3W386752") { contracts(${args}) { ${selection} } }`;
/** provisioningCertificate and contracts, which the contract pool answers. */
const wayToContracts = 2 + hop;

describe('the cost of an operation', () => {
  it('is 1 a field, duplicates as often as they are written', () => {
    expect(cost('{ __typename }')).toBe(1);
    expect(cost(contract('id emaid isDefault'))).toBe(4);
    expect(cost(contract('id id a: id'))).toBe(4);
  });

  it('multiplies what is in a page by the page’s size, and what stands beside it not', () => {
    expect(cost(`{ ${contracts('first: 7', 'totalCount')} }`)).toBe(wayToContracts + 1);
    expect(cost(`{ ${contracts('first: 7', 'nodes { id emaid } totalCount')} }`)).toBe(
      wayToContracts + 1 + 7 * 2 + 1,
    );
    expect(cost(`{ ${contracts('last: 7', 'edges { cursor node { id } }')} }`)).toBe(
      wayToContracts + 1 + 7 * 3,
    );
  });

  it('multiplies pages in pages', () => {
    const inner = 'provisioningCertificate { contracts(first: 20) { nodes { id } } }';
    // Both links stay in the contract pool.
    const each = 1 + 1 + 1 + 20;
    expect(cost(`{ ${contracts('first: 10', `nodes { ${inner} }`)} }`)).toBe(wayToContracts + 1 + 10 * each);
  });

  it('reads page sizes from variables and their defaults', () => {
    const query = `query ($n: Int = 5) { ${contracts('first: $n', 'nodes { id }')} }`;
    expect(cost(query)).toBe(wayToContracts + 1 + 5);
    expect(cost(query, { n: 50 })).toBe(wayToContracts + 1 + 50);
    expect(cost(query, { n: null })).toBe(wayToContracts + 1);
  });

  it('does not count pages that a pool refuses any longer than they may be', () => {
    expect(cost(`{ ${contracts('first: 1000000', 'nodes { id }')} }`)).toBe(wayToContracts + 1 + 100);
    expect(cost(`{ ${contracts('first: -5', 'nodes { id }')} }`)).toBe(wayToContracts + 1);
    expect(cost('{ contractEventLog(first: 1000) { events { id } } }')).toBe(1 + 1 + 1_000);
  });

  it('counts a list without pages as holding a few', () => {
    expect(cost(contract('signedData { storedAt }'))).toBe(1 + 1 + listWithoutPages);
  });

  it('counts a hop for each pool that a thing’s links lead to', () => {
    // The certificate's own pool is another one than the contract's.
    expect(cost(contract('provisioningCertificate { wmi pcid }'))).toBe(1 + 1 + 2 + hop);
    const two = 'provisioningCertificate { wmi rootCertificate { type } }';
    expect(cost(contract(two))).toBe(1 + 1 + 2 + 1 + 2 * hop);
    expect(cost(`{ ${contracts('first: 10', `nodes { ${two} }`)} }`)).toBe(
      wayToContracts + 1 + 10 * (1 + 2 + 1 + 2 * hop),
    );
  });

  it('counts what is not skipped', () => {
    const query = `query ($no: Boolean = false) {
      contract(emaid: "DE8AACA2B3C4D5") {
        id emaid @skip(if: true) pcid @include(if: $no) ... @include(if: $no) { createdAt updatedAt }
      }
    }`;
    expect(cost(query)).toBe(2);
    expect(cost(query, { no: true })).toBe(5);
  });

  it('counts a fragment wherever it is spread, on the ground of each place', () => {
    const query = `{
      a: contract(emaid: "DE8AACA2B3C4D5") { ...F provisioningCertificate { contracts(first: 10) { ...P } } }
      ${contracts('first: 2', '...P')}
    }
    fragment F on Contract { id emaid }
    fragment P on ContractConnection { nodes { ...F } }`;
    const page = (size: number) => 1 + 1 + size * 2;
    expect(cost(query)).toBe(1 + 2 + 1 + page(10) + 1 + hop + page(2));
  });

  it('of a mutation has a base, higher for what signs', () => {
    expect(cost('mutation { deleteContract(input: {emaid: "DE8AACA2B3C4D5"}) { deletedEmaid } }')).toBe(
      mutation + 2,
    );
    const sign = `mutation ($i: SignContractDataInput!) { signContractData(input: $i) { emaid } }`;
    expect(cost(sign)).toBe(dearMutation + 2);
  });

  it('knows the dear mutations by names that the graph has or will have', () => {
    const names = Object.keys(supergraph.apiSchema.getMutationType()?.getFields() ?? {});
    expect(names).toEqual(expect.arrayContaining(['signContractData', 'requestCertificateInstallation']));
    expect([...dearMutations]).toEqual(expect.arrayContaining(['signContractData']));
  });

  it('of introspection is little, however much it selects', () => {
    expect(cost(getIntrospectionQuery())).toBe(introspection);
    expect(cost('{ a: __type(name: "Contract") { name } b: __schema { types { name } } }')).toBe(
      2 * introspection,
    );
  });

  it('of a partner portal’s page of 100 with two hops is within the bound, of 100 by 100 it is not', () => {
    const certificate = 'certificate { fingerprint subject issuer serialNumber notBefore notAfter }';
    const verdict = 'verdict { status reasons checkedAt }';
    const portal = `{
      rootCertificates(first: 20) { nodes { id type ${certificate} ${verdict} } totalCount }
      ${contracts(
        'first: 100',
        `totalCount pageInfo { hasNextPage endCursor } nodes {
          id emaid pcid isDefault createdAt updatedAt
          provisioningCertificate { pcid wmi ${certificate} ${verdict} rootCertificate { type ${certificate} ${verdict} } }
          signedData { namespace storedAt ${verdict} }
        }`,
      )}
    }`;
    expect(cost(portal)).toBeLessThanOrEqual(defaultLimits.maxCost);
    const square = contracts(
      'first: 100',
      'nodes { provisioningCertificate { contracts(first: 100) { nodes { id } } } }',
    );
    expect(cost(`{ ${square} }`)).toBeGreaterThan(defaultLimits.maxCost);
  });

  it('is the same whether its parts are written out, in fragments or in fragments of fragments', () => {
    const leaf = fc.constantFrom('id', 'emaid', 'a: pcid', 'signedData { storedAt }');
    const { selection } = fc.letrec<{ selection: string }>((tie) => ({
      selection: fc.oneof(
        { maxDepth: 3 },
        fc.array(leaf, { minLength: 1, maxLength: 4 }).map((fields) => [...new Set(fields)].join(' ')),
        fc
          .tuple(fc.integer({ min: 1, max: 100 }), tie('selection'))
          .map(
            ([size, below]) =>
              `provisioningCertificate { wmi contracts(first: ${size}) { nodes { ${below} } } }`,
          ),
      ),
    }));
    fc.assert(
      fc.property(selection, (text) => {
        const plain = cost(contract(text));
        expect(cost(`${contract('...F')} fragment F on Contract { ${text} }`)).toBe(plain);
        expect(cost(contract(`... on Contract { ... { ${text} } }`))).toBe(plain);
        expect(
          cost(`${contract('...F')} fragment F on Contract { ...G } fragment G on Contract { ${text} }`),
        ).toBe(plain);
      }),
      { numRuns: 30 },
    );
  });
});
