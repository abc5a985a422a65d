import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** A document's fragments by name. */
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Finds a document's fragments. */
export function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** The fields of a selection itself, those of its fragments included, each place once. */
export function fieldsAt(selections: SelectionSetNode, fragments: Fragments): FieldNode[] {
  const seen = new Set<string>();
  const walk = ({ selections: each }: SelectionSetNode): FieldNode[] =>
    each.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return walk(selection.selectionSet);
      const name = selection.name.value;
      const fragment = seen.has(name) ? undefined : fragments.get(name);
      seen.add(name);
      return fragment === undefined ? [] : walk(fragment.selectionSet);
    });
  return walk(selections);
}

/**
 * How many fields a selection has when every fragment is written out where it is spread; those of an introspection
 * are one. The document has been validated: no fragment spreads itself.
 */
export function countFields(selections: SelectionSetNode, fragments: Fragments): number {
  const known = new Map<string, number>();
  const count = ({ selections: each }: SelectionSetNode): number =>
    each.reduce((sum, selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + count(selection.selectionSet);
      if (selection.kind === Kind.FIELD) {
        const inside = selection.name.value === '__schema' ? undefined : selection.selectionSet;
        return sum + 1 + (inside === undefined ? 0 : count(inside));
      }
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (fragment === undefined) return sum;
      const fields = known.get(name) ?? count(fragment.selectionSet);
      known.set(name, fields);
      return sum + fields;
    }, 0);
  return count(selections);
}
