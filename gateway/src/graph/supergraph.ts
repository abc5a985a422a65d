import { Supergraph as ApolloSupergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { Kind, parse, type GraphQLSchema } from 'graphql';
import type { Role } from '@chargegraph/identity';
import { readFieldOwners, type FieldOwners } from './field-owners.ts';

/** The composed graph, ready to plan operations on. */
export interface Supergraph {
  /** What clients see. */
  readonly apiSchema: GraphQLSchema;
  /** The same in Apollo's model. */
  readonly internalApiSchema: Schema;
  readonly supergraphSchema: GraphQLSchema;
  readonly planner: QueryPlanner;
  /** A pool's own part of the graph, with every resolver the default one. */
  poolSchema(name: string): GraphQLSchema;
  /** Roles of the root fields' `@access`, by `Type.field`. */
  readonly rootAccess: ReadonlyMap<string, readonly Role[]>;
  /** Which pools can answer a field. */
  readonly fieldOwners: FieldOwners;
}

/** The last one that was built: it takes long and is the same for every gateway of a process. */
let last: { readonly sdl: string; readonly supergraph: Supergraph } | undefined;

/** Builds the planner from the committed supergraph: the gateway needs no pool to start. */
export function loadSupergraph(sdl: string): Supergraph {
  if (last?.sdl !== sdl) last = { sdl, supergraph: build(sdl) };
  return last.supergraph;
}

function build(sdl: string): Supergraph {
  const supergraph = ApolloSupergraph.build(sdl);
  const internalApiSchema = supergraph.apiSchema();
  const poolSchemas = new Map<string, GraphQLSchema>();
  return {
    apiSchema: internalApiSchema.toGraphQLJSSchema(),
    internalApiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    rootAccess: readRootAccess(sdl),
    fieldOwners: readFieldOwners(sdl),
    poolSchema: (name) => {
      let schema = poolSchemas.get(name);
      if (schema === undefined) {
        const subgraph = supergraph.subgraphs().get(name);
        if (subgraph === undefined) throw new Error(`The supergraph has no pool ${name}.`);
        poolSchemas.set(name, (schema = subgraph.schema.toGraphQLJSSchema()));
      }
      return schema;
    },
  };
}

const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

function readRootAccess(sdl: string): Map<string, readonly Role[]> {
  const access = new Map<string, readonly Role[]>();
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || !rootTypes.has(definition.name.value)) continue;
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find(({ name }) => name.value === 'access');
      const roles = directive?.arguments?.find(({ name }) => name.value === 'roles')?.value;
      if (roles?.kind !== Kind.LIST) continue;
      access.set(
        `${definition.name.value}.${field.name.value}`,
        roles.values.flatMap((role) => (role.kind === Kind.STRING ? [role.value as Role] : [])),
      );
    }
  }
  return access;
}
