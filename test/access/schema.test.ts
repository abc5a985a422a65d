import { isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { loadSupergraph } from '@chargegraph/gateway';
import { supergraphSdl } from '@chargegraph/graph';
import { rightsColumns, rightsTable } from '@chargegraph/identity';

describe('the schema and the rights table', () => {
  const { apiSchema, rootAccess } = loadSupergraph(supergraphSdl());
  const roots = ['Query', 'Mutation', 'Subscription'].flatMap((name) => {
    const type = apiSchema.getType(name);
    return isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${name}.${field}`) : [];
  });

  it('name the same fields', () => {
    expect([...rightsTable.keys()].sort()).toEqual([...roots].sort());
  });

  it.each(roots)('say the same of who may use %s', (field) => {
    const row = rightsTable.get(field);
    const allowed = rightsColumns.filter((role) => (row?.[role] ?? 'none') !== 'none');
    expect([...(rootAccess.get(field) ?? [])].sort()).toEqual([...allowed].sort());
  });
});
