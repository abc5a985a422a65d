import { Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { pools, supergraphSdl } from '@chargegraph/graph';
import { supergraph } from '../graph.fixture.ts';

describe('the supergraph', () => {
  it('knows the roles of every root field that carries @access', () => {
    const expected = new Map<string, string[]>();
    for (const type of parse(supergraphSdl()).definitions) {
      if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
      if (!['Query', 'Mutation', 'Subscription'].includes(type.name.value)) continue;
      for (const field of type.fields ?? []) {
        const access = field.directives?.find(({ name }) => name.value === 'access');
        const names = access?.arguments?.[0]?.value.loc;
        if (names === undefined) continue;
        const text = names.source.body.slice(names.start, names.end);
        expected.set(`${type.name.value}.${field.name.value}`, JSON.parse(text) as string[]);
      }
    }
    expect(expected.size).toBeGreaterThan(10);
    expect(new Map(supergraph.rootAccess)).toEqual(expected);
  });

  it('has a role for every root field that clients see', () => {
    const { apiSchema } = supergraph;
    const roots = [apiSchema.getQueryType(), apiSchema.getMutationType(), apiSchema.getSubscriptionType()];
    const seen = roots.flatMap((type) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name ?? ''}.${field}`),
    );
    expect(seen.sort()).toEqual([...supergraph.rootAccess.keys()].sort());
    for (const roles of supergraph.rootAccess.values()) expect(roles.length).toBeGreaterThan(0);
  });

  it('shows clients no machinery of the federation', () => {
    const types = Object.keys(supergraph.apiSchema.getTypeMap());
    expect(types.filter((name) => /^(join|link)__|^_/.test(name) && !name.startsWith('__'))).toEqual([]);
    expect(supergraph.apiSchema.getQueryType()?.getFields()).not.toHaveProperty('_entities');
  });

  it('has the part of every pool, and of no other', () => {
    for (const pool of pools) {
      expect(supergraph.poolSchema(pool).getQueryType()).toBeDefined();
      expect(supergraph.poolSchema(pool)).toBe(supergraph.poolSchema(pool));
    }
    expect(() => supergraph.poolSchema('events')).toThrow('no pool events');
  });
});
