import fc from 'fast-check';
import { getOperationAST, parse, type FieldNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { mutationsBegun } from './mutations-begun.ts';

const begun = (text: string, maxTokens = 1_000, operationName?: string) =>
  mutationsBegun(text, { maxTokens, operationName });

describe('the mutations with which a document begins', () => {
  it.each<[string, string[] | undefined]>([
    ['mutation { a }', ['a']],
    ['mutation M { a b a }', ['a', 'b']],
    [
      'mutation M($x: In = {mutation: {c: 1}}) @d(e: {f: 1}) { x: a(input: {b: $x, c: [{d: 1}]}) { c { d } } }',
      ['a'],
    ],
    ['mutation { a @include(if: true) ... on Mutation { b } ...F c }', ['a', 'c']],
    ['mutation { mutation }', ['mutation']],
    ['# mutation { a }\n{ b }', undefined],
    ['{ mutation { a } }', undefined],
    ['query mutation { a }', undefined],
    ['subscription { a }', undefined],
    ['query Q { a } mutation M { b }', ['b']],
    ['mutation', []],
    ['mutation {', []],
    ['mutation { a(x: "', ['a']],
    ['mutation { a(x: """mutation { b } """) } query { c }', ['a']],
    ['', undefined],
    ['\u0000', undefined],
  ])('%j: %j', (text, names) => {
    expect(begun(text)).toEqual(names);
  });

  it('are those of the operation that is named', () => {
    const text = 'mutation A { a } mutation B { b } query C { c }';
    expect(begun(text, 100, 'B')).toEqual(['b']);
    expect(begun(text, 100, 'C')).toBeUndefined();
    expect(begun(text, 100)).toEqual(['a', 'b']);
  });

  it('are read off so many tokens and no more', () => {
    expect(begun('mutation { a b c }', 4)).toEqual(['a', 'b']);
    expect(begun('mutation { a b c }', 1)).toEqual([]);
  });

  it('are those that a parser finds, and any text is read', () => {
    const name = fc.constantFrom('on', 'mutation', 'a', 'b', 'input', 'query');
    const field = fc.oneof(
      name.filter((each) => each !== 'on'),
      fc.constantFrom('x: a', 'a(b: {c: "}"})', 'b { on }', 'mutation @skip(if: false)', 'a: b { query }'),
    );
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 1 }),
        fc.constantFrom('mutation', 'mutation on', 'query'),
        (fields, how) => {
          const text = `${how} { ${fields.join(' ')} }`;
          const operation = getOperationAST(parse(text));
          const names = operation?.selectionSet.selections.map((each) => (each as FieldNode).name.value);
          expect(begun(text)).toEqual(how === 'query' ? undefined : [...new Set(names)]);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Array.isArray(begun(`mutation { ${text}`))).toBe(true);
        begun(text);
      }),
    );
  });
});
