import type { FastifyInstance } from 'fastify';
import { parseRequestParams, type Response } from 'graphql-http';
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
      const result = toExecutionResult(
        await executor.execute({
          query,
          variables: variables ?? {},
          operationName: operationName ?? undefined,
          context: { caller, traceId, deadline: Date.now() + defaultDeadlineMs, hops: 0 },
        }),
      );
      // Without data it is no result to the handler, but errors alone are.
      return result.data === undefined ? result.errors : result;
    },
    parseRequestParams: async (request) => {
      try {
        const params = await parseRequestParams(request);
        if (!Array.isArray(params)) return params;
      } catch (error) {
        if (error instanceof Error) return refusal(error.message, request.raw.id);
      }
      return refusal('Send a GraphQL request: {"query": "…", "variables": {…}}.', request.raw.id);
    },
  });
  server.post('/graphql', async (request, reply) => {
    await handle.call(server, request, reply);
    return reply;
  });
}

/** A body that is JSON, but no GraphQL request. */
function refusal(message: string, traceId: string): Response {
  return [
    JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_INPUT', traceId } }] }),
    {
      status: 400,
      statusText: 'Bad Request',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    },
  ];
}
