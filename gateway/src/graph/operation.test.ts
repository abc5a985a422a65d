import { getIntrospectionQuery, GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { supergraph } from '../graph.fixture.ts';
import { defaultLimits } from '../limits/gateway-limits.ts';
import { createPreparer, InvalidOperation } from './operation.ts';

const prepare = createPreparer(supergraph);
const contract = (selection: string) => `{ contract(emaid: "DE8AACA2B3C4D5") { ${selection} } }`;

/** Every second field leads back to the first type, so that it can be nested without end. */
const nested = (depth: number): string => {
  const step = (left: number): string =>
    left <= 2 ? 'id' : `provisioningCertificate { contracts(first: 1) { nodes { ${step(left - 3)} } } }`;
  return contract(step(depth - 1));
};

function problemsOf(query: string, limits = defaultLimits): readonly GraphQLError[] {
  try {
    createPreparer(supergraph, limits)(query);
  } catch (error) {
    if (error instanceof InvalidOperation) return error.problems;
    expect(error).toBeInstanceOf(GraphQLError);
    return [error as GraphQLError];
  }
  throw new Error('It was accepted.');
}

describe('an operation', () => {
  it('is prepared once for a text and a name', () => {
    const query = `query A ${contract('id')} query B ${contract('emaid')}`;
    const a = prepare(query, 'A');
    expect(prepare(query, 'A')).toBe(a);
    const b = prepare(query, 'B');
    expect(b).not.toBe(a);
    expect([a, b].map(({ operation }) => operation.name?.value)).toEqual(['A', 'B']);
    expect(prepare(`${query} `, 'A')).not.toBe(a);
  });

  it('is the only one of its document when it is not named', () => {
    expect(prepare(`query A ${contract('id')}`).operation.name?.value).toBe('A');
    const several = `query A ${contract('id')} query B ${contract('id')}`;
    expect(() => prepare(several)).toThrow('Name the operation');
    expect(() => prepare(several, 'C')).toThrow('Name the operation');
    expect(() => prepare('fragment F on Contract { id }', undefined)).toThrow();
  });

  it('is refused with its syntax error', () => {
    expect(problemsOf('{ contract(').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Syntax Error/),
    ]);
  });

  it('is refused with everything that validation finds, up to ten and a word that there is more', () => {
    const wrong = (count: number) =>
      contract(Array.from({ length: count }, (_, n) => `no${String(n)}`).join(' '));
    expect(problemsOf(wrong(3)).map(({ message }) => message)).toEqual([
      expect.stringContaining('"no0"'),
      expect.stringContaining('"no1"'),
      expect.stringContaining('"no2"'),
    ]);
    const many = problemsOf(wrong(30));
    expect(many).toHaveLength(11);
    expect(many[10]?.message).toMatch(/too many/i);
  });

  it('is refused when it has too many tokens', () => {
    const limits = { ...defaultLimits, maxTokens: 10 };
    // { contract ( emaid : "…" ) { id } }: eleven tokens with the end of the text.
    expect(problemsOf(contract('id'), limits)[0]?.message).toMatch(/token/i);
    expect(() => createPreparer(supergraph, { ...limits, maxTokens: 11 })(contract('id'))).not.toThrow();
  });

  it('is refused when it nests deeper than the limit, inside fragments too', () => {
    const limits = { ...defaultLimits, maxDepth: 7 };
    const preparer = createPreparer(supergraph, limits);
    expect(() => preparer(nested(5))).not.toThrow();
    expect(problemsOf(nested(8), limits)[0]?.message).toMatch(/depth/i);
    const fragments = `${contract('...F')}
      fragment F on Contract { provisioningCertificate { ...G } }
      fragment G on ProvisioningCertificate { contracts(first: 1) { nodes { ...H } } }
      fragment H on Contract { provisioningCertificate { contracts(first: 1) { nodes { id } } } }`;
    expect(problemsOf(fragments, limits)[0]?.message).toMatch(/depth/i);
    expect(problemsOf(nested(500), { ...limits, maxTokens: 100_000 })[0]?.message).toMatch(/depth/i);
  });

  it.each([
    ['depth', { maxDepth: 7 }, nested(8)],
    ['tokens', { maxTokens: 10 }, contract('id')],
    ['Aliases', { maxAliases: 2 }, contract('a: id b: id c: id')],
    ['Directives', { maxDirectives: 1 }, contract('id @skip(if: true) emaid @skip(if: true)')],
    ['fields', { maxFields: 2 }, contract('id emaid')],
  ])('beyond its %s is refused as LIMIT_EXCEEDED, with nothing else', (limit, changes, query) => {
    const problems = problemsOf(query, { ...defaultLimits, ...changes });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(problems[0]?.message).toContain(limit);
    expect(problems[0]?.message).toContain(String(Object.values(changes)[0]));
    const off = { maxDepth: 0, maxTokens: 0, maxAliases: 0, maxDirectives: 0, maxFields: 100 };
    expect(() => createPreparer(supergraph, { ...defaultLimits, ...off })(query)).not.toThrow();
  });

  it.each([
    [{ maxAliases: 2 }, 'a: id b: id'],
    [{ maxAliases: 2 }, '...F } } fragment F on Contract { a: id ... { b: id '],
    [{ maxDirectives: 1 }, 'id @skip(if: true)'],
    [{ maxFields: 3 }, 'id emaid'],
  ])('at its bound %j is accepted', (changes, selection) => {
    expect(() =>
      createPreparer(supergraph, { ...defaultLimits, ...changes })(contract(selection)),
    ).not.toThrow();
  });

  it('whose fragments double themselves again and again is refused before it is planned', () => {
    const fragments = Array.from(
      { length: 30 },
      (_, n) => `fragment F${String(n)} on Contract { ...F${String(n + 1)} ...F${String(n + 1)} }`,
    );
    const query = `${contract('...F0')} ${fragments.join(' ')} fragment F30 on Contract { id }`;
    expect(problemsOf(query).map(({ message }) => message)).toEqual([
      `The operation selects ${String(2 ** 30 + 1)} fields; at most 1000 are allowed.`,
    ]);
  });

  it('may have so many mutations and no more, aliases and fragments counted', () => {
    const one = 'deleteContract(input: {emaid: "DE8AACA2B3C4D5"}) { deletedEmaid }';
    const several = (count: number) =>
      Array.from({ length: count }, (_, n) => `m${String(n)}: ${one}`).join(' ');
    const limits = { ...defaultLimits, maxMutations: 3 };
    expect(() => createPreparer(supergraph, limits)(`mutation { ${several(3)} }`)).not.toThrow();
    const query = `mutation { ${several(2)} ...F } fragment F on Mutation { x: ${one} ... { y: ${one} } }`;
    expect(problemsOf(query, limits)).toMatchObject([
      {
        message: 'The operation has 4 mutations; at most 3 are allowed in one operation.',
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ]);
    expect(() => createPreparer(supergraph, { ...limits, maxMutations: 0 })(query)).not.toThrow();
  });

  it('that repeats a field more often than validation compares is refused as beyond a limit', () => {
    expect(problemsOf(contract('id '.repeat(1_500)))).toMatchObject([
      { message: expect.stringMatching(/repeats fields so often/), extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
  });

  it('may not introspect types of types of types without end', () => {
    const step = (left: number): string => (left === 0 ? 'name' : `fields { type { ${step(left - 1)} } }`);
    const query = `{ __schema { types { ${step(6)} } } }`;
    expect(problemsOf(query)[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('may be the explorer’s introspection, which is deeper', () => {
    expect(() => prepare(getIntrospectionQuery())).not.toThrow();
  });

  it('whose fragments use each other in a circle is refused, and does not hang', () => {
    const circle = `${contract('...F')}
      fragment F on Contract { provisioningCertificate { ...G } }
      fragment G on ProvisioningCertificate { contracts(first: 1) { nodes { ...F } } }`;
    expect(problemsOf(circle).map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/Cannot spread fragment "F" within itself/),
    );
    expect(problemsOf('{ ...F } fragment F on Query { ...F }').length).toBeGreaterThan(0);
  });
});

describe('the root fields of an operation', () => {
  const rootFieldsOf = (query: string) => [...prepare(query).rootFields].sort();

  it('are found through aliases, inline fragments and fragments in fragments, each once', () => {
    expect(
      rootFieldsOf(`
        query ($skip: Boolean!) {
          a: contract(emaid: "DE8AACA2B3C4D5") { id }
          b: contract(emaid: "DE8AACA2B3C4D5") { id }
          ... @skip(if: $skip) { vehicleExists(pcid: "WVWZZZ1JZ3W386752") }
          ...F
          ...F
        }
        fragment F on Query { ... on Query { ...G } }
        fragment G on Query { rootCertificates(first: 1) { totalCount } __typename }
      `),
    ).toEqual(['Query.__typename', 'Query.contract', 'Query.rootCertificates', 'Query.vehicleExists']);
  });

  it('are those of its own kind', () => {
    expect(rootFieldsOf('subscription { contractEvents { id } }')).toEqual(['Subscription.contractEvents']);
    expect(
      rootFieldsOf('mutation { deleteContract(input: {emaid: "DE8AACA2B3C4D5"}) { deletedEmaid } }'),
    ).toEqual(['Mutation.deleteContract']);
  });

  it('are not those of another operation in the document', () => {
    const query = `query A ${contract('id')} query B { vehicleExists(pcid: "WVWZZZ1JZ3W386752") }`;
    expect(prepare(query, 'A').rootFields).toEqual(['Query.contract']);
    expect(prepare(query, 'B').rootFields).toEqual(['Query.vehicleExists']);
  });
});
