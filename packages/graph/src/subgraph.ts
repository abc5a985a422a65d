import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import {
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from '@chargegraph/service';
import { enforceAccess } from './access.ts';
import { readDefaultValues } from './default-values.ts';
import { formatGraphQLError } from './errors.ts';
import { tellRefusedWrites, type RefusedWriteOptions } from './refused-writes.ts';
import { checkRequestLimits, withinDeadline, type RequestContext } from './request-context.ts';
import { scalarResolvers } from './scalars.ts';

/** An operation for a subgraph: the text is what is cached, so it should not contain values. */
export interface SubgraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  readonly context: RequestContext;
}

/** What comes back: JSON values only. */
export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** One pool, running. */
export interface Subgraph {
  /** As in the supergraph: `rcp`, `pcp`, `cps` or `ccp`. */
  readonly name: string;
  /** Carries out one operation with the rights of its caller. Never throws: faults are errors of the response. */
  execute(request: SubgraphRequest): Promise<SubgraphResponse>;
  /** Takes up work; afterwards the pool is ready as soon as its own database answers. */
  start(): Promise<void>;
  /** Finishes what runs and lets go of everything. */
  stop(): Promise<void>;
  /** Resolves when the pool can serve; throws a sentence that says why not. */
  health(): Promise<void>;
}

/**
 * Builds a pool's executable schema from its SDL and resolvers, with our scalars, `@access` enforced and, where it is
 * said whom to, refused writes told.
 */
export function createSubgraphSchema(
  sdl: string,
  resolvers: GraphQLResolverMap<unknown>,
  refusedWrites?: RefusedWriteOptions,
): GraphQLSchema {
  const schema = buildSubgraphSchema({
    typeDefs: parse(sdl),
    resolvers: { ...scalarResolvers, ...resolvers },
  });
  readDefaultValues(schema);
  enforceAccess(schema);
  if (refusedWrites !== undefined) tellRefusedWrites(schema, refusedWrites);
  return schema;
}

/** The gateway's operations come in a bounded number of texts: each is parsed and validated once. */
const cachedDocuments = 1_000;

/**
 * The way into a pool's schema: operations parsed and validated once per text, run by graphql-js, errors mapped.
 * The resolvers' context is `contextFor(request context)`.
 */
export function createSubgraphExecutor<C extends RequestContext>(options: {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Adds what lives for one operation, e.g. loaders. */
  readonly contextFor: (context: RequestContext) => C;
}): Subgraph['execute'] {
  const documents = new LRUCache<string, DocumentNode>({ max: cachedDocuments });

  const prepare = (query: string): DocumentNode => {
    const cached = documents.get(query);
    if (cached !== undefined) return cached;
    const document = parse(query);
    const problems = validate(options.schema, document);
    if (problems[0] !== undefined) throw problems[0];
    documents.set(query, document);
    return document;
  };

  return async ({ query, variables, operationName, context }) => {
    const format = (error: GraphQLError) => formatGraphQLError(error, context.traceId, options.logger);
    try {
      checkRequestLimits(context);
      const running = execute({
        schema: options.schema,
        document: prepare(query),
        variableValues: variables ?? {},
        operationName,
        contextValue: options.contextFor(context),
      });
      const result: ExecutionResult =
        running instanceof Promise ? await withinDeadline(running, context.deadline) : running;
      return {
        ...(result.data !== undefined && { data: result.data }),
        ...(result.errors !== undefined && { errors: result.errors.map(format) }),
      };
    } catch (error) {
      const wrapped =
        error instanceof GraphQLError
          ? error
          : new GraphQLError('failed', {
              originalError: error instanceof Error ? error : new Error(String(error)),
            });
      return { errors: [format(wrapped)] };
    }
  };
}
