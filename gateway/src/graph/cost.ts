import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  isInterfaceType,
  Kind,
  type FieldNode,
  type GraphQLNamedType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { maxPageSize } from '@chargegraph/graph';
import { plus, taken, times, withDefaults, type Amount } from './amount.ts';
import type { Fragments } from './fragments.ts';
import type { Supergraph } from './supergraph.ts';

/** What things cost; docs/LIMITS.md says the same to partners. */
export const weights = {
  field: 1,
  /** A link that another pool answers, per thing it is followed from and pool it leads to. */
  hop: 2,
  /** How many things a list holds that has no pages: a certificate's sub-CAs, a contract's data. */
  listWithoutPages: 2,
  /** `__schema` or `__type`, with everything below. */
  introspection: 10,
  mutation: 10,
  /** Signing, generating keys, answering a car: asymmetric cryptography and reads across the pools. */
  dearMutation: 50,
} as const;

/** The mutations that cost more than others. */
export const dearMutations: ReadonlySet<string> = new Set([
  'signContractData',
  'generateContractData',
  'requestCertificateInstallation',
]);

/** Longest page of a list that has `first` and is no connection: a stretch of an event log. */
const longestStretch = 1_000;

interface Selected {
  readonly amount: Amount;
  /** Pools beside the parent's own that the selection needs. */
  readonly hops: ReadonlySet<string>;
}

/**
 * The cost of an operation as a function of its variables, worked out from the document once. A field costs 1; what is
 * selected below a page costs the page's size times, so that pages in pages multiply; links to other pools and
 * mutations cost more. What `@skip` and `@include` leave out costs nothing. Duplicates are counted as written.
 */
export function costOf(
  { apiSchema, fieldOwners }: Pick<Supergraph, 'apiSchema' | 'fieldOwners'>,
  operation: OperationDefinitionNode,
  fragments: Fragments,
): Amount {
  // A fragment costs the same wherever it stands on the same pool's and page's ground.
  const known = new Map<string, Map<Amount | undefined, Selected>>();

  /** How many things a page may hold; undefined for a field without pages. */
  const pageOf = (field: FieldNode, type: GraphQLNamedType): Amount | undefined => {
    const sizes = (field.arguments ?? []).filter(({ name }) => ['first', 'last'].includes(name.value));
    if (sizes.length === 0) return undefined;
    // A pool refuses a longer page itself, and says so better.
    const longest = type.name.endsWith('Connection') ? maxPageSize : longestStretch;
    const clamp = (value: unknown) => (typeof value === 'number' ? Math.min(Math.max(value, 0), longest) : 0);
    return sizes.reduce<Amount>((so, { value }) => {
      const size: Amount =
        value.kind === Kind.VARIABLE
          ? (variables) => clamp(variables[value.name.value])
          : clamp(valueFromASTUntyped(value));
      // Both at once are refused by the pool.
      return plus(so, size);
    }, 0);
  };

  const select = (
    selections: SelectionSetNode,
    type: GraphQLNamedType,
    pool: string | undefined,
    page: Amount | undefined,
  ): Selected => {
    let amount: Amount = 0;
    const hops = new Set<string>();
    for (const selection of selections.selections) {
      const part =
        selection.kind === Kind.FIELD
          ? selectField(selection, type, pool, page)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? select(selection.selectionSet, typeNamed(selection.typeCondition?.name.value, type), pool, page)
            : selectFragment(selection.name.value, type, pool, page);
      amount = plus(amount, times(taken(selection.directives), part.amount));
      for (const hop of part.hops) hops.add(hop);
    }
    return { amount, hops };
  };

  const selectField = (
    field: FieldNode,
    type: GraphQLNamedType,
    pool: string | undefined,
    page: Amount | undefined,
  ): Selected => {
    const none = new Set<string>();
    const name = field.name.value;
    if (name === '__schema' || name === '__type') return { amount: weights.introspection, hops: none };
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (definition === undefined) return { amount: weights.field, hops: none };
    const owners = fieldOwners(type.name, name);
    const stays = pool !== undefined && owners.includes(pool);
    const owner = stays ? pool : owners[0];
    const hops = stays || pool === undefined || owner === undefined ? none : new Set([owner]);

    const own = weights.field + (type === apiSchema.getMutationType() ? mutationWeight(name) : 0);
    const named = getNamedType(definition.type);
    if (!isCompositeType(named) || field.selectionSet === undefined) return { amount: own, hops };
    const below = select(field.selectionSet, named, owner, pageOf(field, named));
    const each = plus(below.amount, weights.hop * below.hops.size);
    const count = isListType(getNullableType(definition.type)) ? (page ?? weights.listWithoutPages) : 1;
    return { amount: plus(own, times(count, each)), hops };
  };

  const selectFragment = (
    name: string,
    type: GraphQLNamedType,
    pool: string | undefined,
    page: Amount | undefined,
  ): Selected => {
    const fragment = fragments.get(name);
    if (fragment === undefined) return { amount: 0, hops: new Set() };
    const key = `${name} ${pool ?? ''}`;
    const byPage = known.get(key) ?? new Map<Amount | undefined, Selected>();
    known.set(key, byPage);
    let selected = byPage.get(page);
    if (selected === undefined) {
      const on = typeNamed(fragment.typeCondition.name.value, type);
      byPage.set(page, (selected = select(fragment.selectionSet, on, pool, page)));
    }
    return selected;
  };

  const typeNamed = (name: string | undefined, otherwise: GraphQLNamedType): GraphQLNamedType =>
    (name === undefined ? undefined : apiSchema.getType(name)) ?? otherwise;

  const root = apiSchema.getRootType(operation.operation);
  if (root == null) return 0;
  const { amount } = select(operation.selectionSet, root, undefined, undefined);
  if (typeof amount === 'number') return amount;
  const complete = withDefaults(operation);
  return (variables) => amount(complete(variables));
}

const mutationWeight = (name: string) => (dearMutations.has(name) ? weights.dearMutation : weights.mutation);
