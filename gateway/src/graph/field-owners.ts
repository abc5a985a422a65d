import { Kind, parse, type ConstDirectiveNode } from 'graphql';

/** Which pools of a supergraph can answer a field of a type. */
export type FieldOwners = (type: string, field: string) => readonly string[];

/** Reads the owners from a composed supergraph (the join specification's `@join__type` and `@join__field`). */
export function readFieldOwners(sdl: string): FieldOwners {
  const owners = new Map<string, readonly string[]>();
  for (const definition of parse(sdl).definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    const ofType = graphsOf('join__type', definition.directives);
    for (const field of definition.fields ?? []) {
      const ofField = graphsOf('join__field', field.directives);
      // Without a directive of its own the field is in every pool that has the type.
      owners.set(`${definition.name.value}.${field.name.value}`, ofField.length > 0 ? ofField : ofType);
    }
  }
  return (type, field) => owners.get(`${type}.${field}`) ?? [];
}

function graphsOf(name: string, directives: readonly ConstDirectiveNode[] = []): string[] {
  const graphs = directives
    .filter((directive) => directive.name.value === name)
    .flatMap((directive) => {
      const values = new Map(directive.arguments?.map((argument) => [argument.name.value, argument.value]));
      const external = values.get('external');
      if (external?.kind === Kind.BOOLEAN && external.value) return [];
      const graph = values.get('graph');
      return graph?.kind === Kind.ENUM ? [graph.value] : [];
    });
  return [...new Set(graphs)];
}
