import type { QueryPlan } from '@apollo/query-planner';
import { Kind, parse, print, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

/** An operation that one pool answers by itself, as the plan asks it. */
export interface DirectFetch {
  readonly pool: string;
  readonly query: string;
  readonly operationName: string | undefined;
  /** The variables that the pool is given, those of them that there are. */
  readonly variables: readonly string[];
}

/**
 * Finds out whether a plan asks a single pool, and asks it exactly what the operation selects: the same fields in the same
 * order under the same names. Then what the pool answers is the operation's result as it is, and nothing has to be put
 * together or left out. Operations with fragments or directives, or that ask for `__typename`, take the long way.
 */
export function findDirectFetch(
  { node }: QueryPlan,
  operation: OperationDefinitionNode,
): DirectFetch | undefined {
  if (node?.kind !== 'Fetch' || node.requires !== undefined) return undefined;
  if ([node.inputRewrites, node.outputRewrites].some((rewrites) => (rewrites ?? []).length > 0))
    return undefined;
  const [asked, ...others] = parse(node.operation, { noLocation: true }).definitions;
  if (asked?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) return undefined;
  const wanted = fieldsOf(operation.selectionSet);
  if (wanted === undefined || wanted !== fieldsOf(asked.selectionSet)) return undefined;
  return {
    pool: node.serviceName,
    query: node.operation,
    operationName: node.operationName,
    variables: node.variableUsages ?? [],
  };
}

/** A selection written down in one way; undefined where it is more than plain fields, each name once. */
function fieldsOf({ selections }: SelectionSetNode): string | undefined {
  const names = new Set<string>();
  const fields: string[] = [];
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD || (selection.directives ?? []).length > 0) return undefined;
    const { alias, name, arguments: given = [], selectionSet } = selection;
    const shown = alias?.value ?? name.value;
    if (name.value.startsWith('__') || names.has(shown)) return undefined;
    names.add(shown);
    const inner = selectionSet === undefined ? '' : fieldsOf(selectionSet);
    if (inner === undefined) return undefined;
    fields.push(`${shown}:${name.value}(${given.map(print).join()}){${inner}}`);
  }
  return fields.join(' ');
}
