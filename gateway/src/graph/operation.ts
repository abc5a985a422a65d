import { operationFromDocument } from '@apollo/federation-internals';
import { buildOperationContext } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Supergraph } from './supergraph.ts';

/** An operation that was parsed, validated and planned once, for any variables and callers. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly plan: QueryPlan;
  readonly operationContext: ReturnType<typeof buildOperationContext>;
  /** `Type.field` of every root field that the operation names, fragments included. */
  readonly rootFields: readonly string[];
}

/** What an operation's text may be. */
export interface OperationLimits {
  /** Most tokens of a document. */
  readonly maxTokens: number;
  /** Deepest nesting of fields. */
  readonly maxDepth: number;
}

/** The limits when nothing else is configured. */
export const defaultOperationLimits: OperationLimits = { maxTokens: 2_000, maxDepth: 16 };

const rootTypeNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** Documents come in few texts and many calls; their sizes are bounded, so this bounds memory. */
const cachedOperations = 2_000;

/**
 * Makes the function that prepares operations, cached by text and name.
 *
 * Its result throws an array of GraphQLErrors: a syntax error, a limit, or everything that validation finds.
 */
export function createPreparer(
  supergraph: Supergraph,
  limits: OperationLimits = defaultOperationLimits,
): (query: string, operationName?: string) => PreparedOperation {
  const cache = new LRUCache<string, PreparedOperation>({
    max: cachedOperations,
    maxSize: 32 * 1024 * 1024,
    sizeCalculation: (_, key) => key.length + 1_000,
  });
  const rules = [...specifiedRules, depthRule(limits.maxDepth)];

  return (query, operationName) => {
    const key = `${operationName ?? ''}\n${query}`;
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const document = parse(query, { maxTokens: limits.maxTokens });
    const problems = validate(supergraph.apiSchema, document, rules, { maxErrors: 10 });
    if (problems.length > 0) throw new InvalidOperation(problems);
    const operation = getOperationAST(document, operationName);
    if (operation == null) throw new GraphQLError('Name the operation of the document that is to be run.');
    const prepared: PreparedOperation = {
      document,
      operation,
      plan: supergraph.planner.buildQueryPlan(
        operationFromDocument(supergraph.internalApiSchema, document, {
          ...(operationName !== undefined && { operationName }),
        }),
      ),
      operationContext: buildOperationContext({
        schema: supergraph.apiSchema,
        operationDocument: document,
        ...(operationName !== undefined && { operationName }),
      }),
      rootFields: rootFieldsOf(document, operation),
    };
    cache.set(key, prepared);
    return prepared;
  };
}

/** Everything that validation found wrong with a document. */
export class InvalidOperation extends Error {
  override readonly name = 'InvalidOperation';
  readonly problems: readonly GraphQLError[];

  constructor(problems: readonly GraphQLError[]) {
    super('The operation does not fit the schema.');
    this.problems = problems;
  }
}

function depthRule(maxDepth: number) {
  return maxDepthRule({
    n: maxDepth,
    // The explorer's introspection query nests deeper than any real one; it touches no data.
    ignoreIntrospection: true,
    flattenFragments: true,
    exposeLimits: true,
    propagateOnRejection: true,
  });
}

function rootFieldsOf(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = (selections: SelectionSetNode): void => {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        found.add(`${rootTypeNames[operation.operation]}.${selection.name.value}`);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = document.definitions.find(
          (definition) =>
            definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
        );
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION) walk(fragment.selectionSet);
      }
    }
  };
  walk(operation.selectionSet);
  return [...found];
}
