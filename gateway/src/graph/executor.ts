import { executeQueryPlan } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';
import {
  execute,
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  type GraphQLFormattedError,
} from 'graphql';
import {
  checkRequestLimits,
  formatGraphQLError,
  requireRole,
  type RequestContext,
  type Subgraph,
  type SubgraphResponse,
} from '@chargegraph/graph';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import type { DirectFetch } from './direct-fetch.ts';
import {
  createPreparer,
  InvalidOperation,
  type OperationLimits,
  type PreparedOperation,
} from './operation.ts';
import type { Supergraph } from './supergraph.ts';

/** A pool as the gateway calls it: in this process or behind HTTP. */
export type PoolSource = Pick<Subgraph, 'name' | 'execute'>;

/** Variables as a client sent them. */
export type Variables = Readonly<Record<string, unknown>>;

/** Runs operations on the whole graph. */
export interface GraphExecutor {
  readonly supergraph: Supergraph;
  readonly pools: ReadonlyMap<string, PoolSource>;
  /** Runs a query or mutation. Never throws: everything that goes wrong is an error of the response. */
  execute(request: {
    readonly query: string;
    readonly variables?: Variables | undefined;
    readonly operationName?: string | undefined;
    readonly context: RequestContext;
    /** Asked before the operation runs, when everything else lets it; what it throws is the answer. */
    readonly mayRun?: (prepared: PreparedOperation, variables: Variables) => Promise<void>;
  }): Promise<SubgraphResponse>;
  /** Parses, validates and plans; throws {@link InvalidOperation} or a GraphQLError. */
  prepare(query: string, operationName?: string): PreparedOperation;
  /**
   * Checks variables against the operation's definitions and, but for mutations, the caller's roles against the root
   * fields.
   *
   * @throws InvalidOperation or ChargeGraphError FORBIDDEN
   */
  admit(prepared: PreparedOperation, variables: Variables, context: RequestContext): void;
  /** Runs a plan, by default the prepared one. */
  run(request: {
    readonly prepared: PreparedOperation;
    readonly variables: Variables;
    readonly context: RequestContext;
    readonly plan?: QueryPlan;
  }): Promise<SubgraphResponse>;
  /** Any error as it is shown to a client. */
  format(error: unknown, context: { readonly traceId: string }): GraphQLFormattedError[];
}

/** Apollo's planner and plan executor over our pools, with documents and plans cached. */
export function createGraphExecutor(options: {
  readonly supergraph: Supergraph;
  readonly pools: readonly PoolSource[];
  readonly logger: Logger;
  readonly limits?: OperationLimits;
}): GraphExecutor {
  const { supergraph, logger } = options;
  const pools = new Map(options.pools.map((pool) => [pool.name, pool]));
  const prepare = createPreparer(supergraph, options.limits);
  const services: DataSources = Object.fromEntries(
    [...pools.values()].map((pool) => [pool.name, toDataSource(pool)]),
  );

  const format: GraphExecutor['format'] = (error, { traceId }) => {
    const errors = error instanceof InvalidOperation ? error.problems : [asGraphQLError(error)];
    return errors.map((each) => formatGraphQLError(each, traceId, logger));
  };

  const introspect = async ({ document, operation }: PreparedOperation, variables: Variables) => {
    const { data, errors } = await execute({
      schema: supergraph.apiSchema,
      document,
      operationName: operation.name?.value,
      variableValues: variables,
    });
    if (errors !== undefined) throw new InvalidOperation(errors);
    return { data: data ?? null };
  };

  const askDirectly = async (
    { pool, query, operationName, variables: names }: DirectFetch,
    given: Variables,
    context: RequestContext,
  ): Promise<SubgraphResponse> => {
    const variables: Record<string, unknown> = {};
    for (const name of names) if (given[name] !== undefined) variables[name] = given[name];
    const source = pools.get(pool);
    if (source === undefined) throw new Error(`There is no pool ${pool}.`);
    return await source.execute({ query, variables, operationName, context });
  };

  const executor: GraphExecutor = {
    supergraph,
    pools,
    prepare,
    format,

    admit(prepared, variables, context) {
      // A mutation's roles are the pool's to check: it records the refusal where the write would have been.
      if (prepared.operation.operation !== OperationTypeNode.MUTATION) {
        for (const field of prepared.rootFields) {
          const roles = supergraph.rootAccess.get(field);
          if (roles !== undefined) requireRole(context.caller, roles, field);
        }
      }
      const definitions = prepared.operation.variableDefinitions ?? [];
      const coerced = getVariableValues(supergraph.apiSchema, definitions, variables, { maxErrors: 10 });
      if (coerced.errors !== undefined) throw new InvalidOperation(coerced.errors);
    },

    async run({ prepared, variables, context, plan = prepared.plan }) {
      if (prepared.introspects) return introspect(prepared, variables);
      let sources = services;
      if (prepared.direct !== undefined && plan === prepared.plan) {
        const asked = askDirectly(prepared.direct, variables, context);
        // Whatever else comes is put in its place as ever.
        sources = { [prepared.direct.pool]: { process: () => asked } };
        const { data, errors } = await asked.catch((): SubgraphResponse => ({}));
        if (data != null && errors === undefined) return { data };
      }
      const result = await executeQueryPlan(
        plan,
        sources,
        // The executor reads these members only; the rest of Apollo Server's request is not ours.
        {
          request: { variables },
          context,
          logger,
          metrics: {},
        } as unknown as Parameters<typeof executeQueryPlan>[2],
        prepared.operationContext,
        supergraph.supergraphSchema,
        supergraph.internalApiSchema,
      );
      return {
        ...(result.data !== undefined && { data: result.data as Record<string, unknown> | null }),
        ...(result.errors !== undefined && {
          errors: result.errors.flatMap((error) => format(error, context)).map(withoutEntities),
        }),
      };
    },

    async execute({ query, variables = {}, operationName, context, mayRun }) {
      try {
        checkRequestLimits(context);
        const prepared = prepare(query, operationName);
        if (prepared.operation.operation === OperationTypeNode.SUBSCRIPTION) {
          throw new ChargeGraphError(
            'BAD_INPUT',
            'Subscriptions go over the websocket (graphql-transport-ws).',
          );
        }
        executor.admit(prepared, variables, context);
        await mayRun?.(prepared, variables);
        return await executor.run({ prepared, variables, context });
      } catch (error) {
        return { errors: format(error, context) };
      }
    },
  };
  return executor;
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError('failed', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  });
}

/** Where an entity is looked up in a pool is no place that a client knows: the path leads to the entity itself. */
function withoutEntities(error: GraphQLFormattedError): GraphQLFormattedError {
  if (error.path?.includes('_entities') !== true) return error;
  return { ...error, path: error.path.filter((part) => part !== '_entities') };
}

type DataSources = Parameters<typeof executeQueryPlan>[1];
type DataSource = DataSources[string];

function toDataSource(pool: PoolSource): DataSource {
  return {
    process: async (options) => {
      const { query, variables, operationName } = options.request;
      const response = await pool.execute({
        query: query ?? '',
        variables,
        operationName,
        context: options.context as RequestContext,
      });
      return response;
    },
  };
}
