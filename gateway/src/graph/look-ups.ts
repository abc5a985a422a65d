import {
  getArgumentValues,
  getNamedType,
  getVariableValues,
  isInputObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { amountOf, taken } from './amount.ts';
import type { Variables } from './executor.ts';
import { fieldsAt, type Fragments } from './fragments.ts';

/**
 * The PCIDs, upper case, that an operation's root fields are given: one list per root field with any. The variables
 * fit the operation's definitions.
 */
export type LookUps = ((variables: Variables) => readonly (readonly string[])[]) | undefined;

/** Root fields that take a PCID are known by their arguments' types, input objects included, and not by their names. */
export function findLookUps(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
): LookUps {
  const root = schema.getRootType(operation.operation)?.getFields() ?? {};
  // Fields of one name in the response are one field when they run.
  const fields = new Map<string, { nodes: FieldNode[]; definition: GraphQLField<unknown, unknown> }>();
  for (const field of fieldsAt(operation.selectionSet, fragments)) {
    const definition = root[field.name.value];
    if (definition?.args.some(({ type }) => takesPcid(type)) !== true) continue;
    const name = (field.alias ?? field.name).value;
    const known = fields.get(name);
    if (known === undefined) fields.set(name, { nodes: [field], definition });
    else known.nodes.push(field);
  }
  if (fields.size === 0) return undefined;

  return (variables) => {
    const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return [...fields.values()].flatMap(({ nodes, definition }) => {
      // Left out only where it is left out everywhere.
      const field = nodes.find(({ directives }) => amountOf(taken(directives), coerced) > 0);
      if (field === undefined) return [];
      const values = getArgumentValues(definition, field, coerced);
      const pcids = definition.args.flatMap(({ name, type }) => pcidsIn(type, values[name]));
      return pcids.length === 0 ? [] : [[...new Set(pcids)]];
    });
  };
}

const inputFields = (type: GraphQLInputType) => {
  const named = getNamedType(type);
  return isInputObjectType(named) ? Object.values(named.getFields()) : [];
};

function takesPcid(type: GraphQLInputType, seen: ReadonlySet<string> = new Set()): boolean {
  const { name } = getNamedType(type);
  if (name === 'PCID') return true;
  if (seen.has(name)) return false;
  return inputFields(type).some((field) => takesPcid(field.type, new Set([...seen, name])));
}

function pcidsIn(type: GraphQLInputType, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each: unknown) => pcidsIn(type, each));
  // What is no text is no PCID; its pool says so.
  if (typeof value === 'string') return getNamedType(type).name === 'PCID' ? [value.toUpperCase()] : [];
  if (typeof value !== 'object') return [];
  const given = value as Readonly<Record<string, unknown>>;
  return inputFields(type).flatMap((field) => pcidsIn(field.type, given[field.name]));
}
