import { GraphQLError } from 'graphql';
import type { Logger } from '@chargegraph/service';
import { formatGraphQLError } from './errors.ts';
import type { GraphTransport } from './graph-client.ts';
import { postInternally, type InternalEndpoint } from './internal-http.ts';
import type { Subgraph } from './subgraph.ts';

/** A pool that runs in another process, as the gateway sees it. */
export function createRemoteSubgraph(
  name: string,
  endpoint: InternalEndpoint,
  logger: Logger,
): Pick<Subgraph, 'name' | 'execute'> {
  return {
    name,
    execute: async ({ query, variables, operationName, context }) => {
      try {
        return await postInternally(endpoint, { query, variables, operationName }, context);
      } catch (error) {
        logger.warn({ err: error, pool: name, traceId: context.traceId }, 'a pool did not answer');
        const wrapped = new GraphQLError('failed', { originalError: error as Error });
        return { errors: [formatGraphQLError(wrapped, context.traceId, logger)] };
      }
    },
  };
}

/** The way to the graph for a pool that runs in a process of its own: HTTP to the gateway. */
export function createHttpGraphTransport(gateway: InternalEndpoint): GraphTransport {
  return ({ query, variables, context }) => postInternally(gateway, { query, variables }, context);
}
