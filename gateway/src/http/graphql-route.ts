import type { FastifyInstance } from 'fastify';
import { createHandler } from 'graphql-http/lib/use/fastify';
import { defaultDeadlineMs } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { GraphExecutor } from '../graph/executor.ts';
import { toExecutionResult } from '../subscriptions/subscribe.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request, on routes that ask for a token. */
    caller?: Caller;
  }
}

/** `POST /graphql`: GraphQL over HTTP, for callers that the token check has let in. */
export function addGraphQLRoute(server: FastifyInstance, executor: GraphExecutor): void {
  const handle = createHandler({
    onSubscribe: async (request, params) => {
      const { caller, id: traceId } = request.raw;
      if (caller === undefined) throw new Error('The token check did not run.');
      const { query, operationName, variables } = params;
      return toExecutionResult(
        await executor.execute({
          query,
          variables: variables ?? {},
          operationName: operationName ?? undefined,
          context: { caller, traceId, deadline: Date.now() + defaultDeadlineMs, hops: 0 },
        }),
      );
    },
  });
  server.post('/graphql', async (request, reply) => {
    await handle.call(server, request, reply);
    return reply;
  });
}
