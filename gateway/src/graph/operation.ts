import { operationFromDocument } from '@apollo/federation-internals';
import { buildOperationContext } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  validate,
  type DocumentNode,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { defaultLimits, type GatewayLimits } from '../limits/gateway-limits.ts';
import type { Amount } from './amount.ts';
import { costOf } from './cost.ts';
import { findDirectFetch, type DirectFetch } from './direct-fetch.ts';
import { asLimit, isLimitExceeded, limitExceeded, parseWithin, validationRules } from './document-limits.ts';
import { countFields, fieldsAt, fragmentsOf, type Fragments } from './fragments.ts';
import type { Supergraph } from './supergraph.ts';
import { findLookUps, type LookUps } from './look-ups.ts';

/** An operation that was parsed, validated and planned once, for any variables and callers. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly plan: QueryPlan;
  /** The plan's only call, where its answer is the operation's. */
  readonly direct: DirectFetch | undefined;
  /**
   * It asks for nothing but the schema: graphql-js answers it, which knows more words of introspection than Apollo's
   * model does (`isOneOf`).
   */
  readonly introspects: boolean;
  readonly operationContext: ReturnType<typeof buildOperationContext>;
  /** `Type.field` of every root field that the operation names, fragments included. */
  readonly rootFields: readonly string[];
  /** What it costs to run, once the variables are known. */
  readonly cost: Amount;
  /** Its root fields that take a PCID. */
  readonly lookUps: LookUps;
}

/** What an operation's text may be. */
export type OperationLimits = Pick<
  GatewayLimits,
  'maxTokens' | 'maxDepth' | 'maxAliases' | 'maxDirectives' | 'maxFields' | 'maxMutations'
>;

const rootTypeNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** Documents come in few texts and many calls; their sizes are bounded, so this bounds memory. */
const cachedOperations = 2_000;

/**
 * Makes the function that prepares operations, cached by text and name.
 *
 * Its result throws a GraphQLError, a syntax error or a limit, or an InvalidOperation with everything that validation
 * finds.
 */
export function createPreparer(
  supergraph: Supergraph,
  limits: OperationLimits = defaultLimits,
): (query: string, operationName?: string) => PreparedOperation {
  const cache = new LRUCache<string, PreparedOperation>({
    max: cachedOperations,
    maxSize: 32 * 1024 * 1024,
    sizeCalculation: (_, key) => key.length + 1_000,
  });
  const rules = validationRules(limits);

  return (query, operationName) => {
    const key = `${operationName ?? ''}\n${query}`;
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const document = parseWithin(query, limits);
    const problems = validate(supergraph.apiSchema, document, rules, { maxErrors: 10 });
    if (problems.length > 0) {
      const exceeded = problems.map(asLimit).filter(isLimitExceeded);
      throw new InvalidOperation(exceeded.length > 0 ? exceeded : problems);
    }
    const operation = getOperationAST(document, operationName);
    if (operation == null) throw new GraphQLError('Name the operation of the document that is to be run.');
    const fragments = fragmentsOf(document);
    // Before planning, which takes as long as there are fields with all fragments written out.
    checkFields(operation, fragments, limits);
    const fields = fieldsAt(operation.selectionSet, fragments);
    const rootFields = [
      ...new Set(fields.map(({ name }) => `${rootTypeNames[operation.operation]}.${name.value}`)),
    ];
    const introspects = fields.every(({ name }) => name.value.startsWith('__'));
    const plan: QueryPlan = introspects
      ? { kind: 'QueryPlan' }
      : supergraph.planner.buildQueryPlan(
          operationFromDocument(supergraph.internalApiSchema, document, {
            ...(operationName !== undefined && { operationName }),
          }),
        );
    const prepared: PreparedOperation = {
      document,
      operation,
      introspects,
      plan,
      direct: findDirectFetch(plan, operation),
      operationContext: buildOperationContext({
        schema: supergraph.apiSchema,
        operationDocument: document,
        ...(operationName !== undefined && { operationName }),
      }),
      rootFields,
      cost: costOf(supergraph, operation, fragments),
      lookUps: findLookUps(supergraph.apiSchema, operation, fragments),
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

/** @throws GraphQLError LIMIT_EXCEEDED */
function checkFields(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  { maxFields, maxMutations }: OperationLimits,
): void {
  const fields = countFields(operation.selectionSet, fragments);
  if (fields > maxFields) {
    throw limitExceeded(`The operation selects ${fields} fields; at most ${maxFields} are allowed.`);
  }
  if (operation.operation !== OperationTypeNode.MUTATION || maxMutations === 0) return;
  const mutations = fieldsAt(operation.selectionSet, fragments).length;
  if (mutations > maxMutations) {
    throw limitExceeded(
      `The operation has ${mutations} mutations; at most ${maxMutations} are allowed in one operation.`,
    );
  }
}
