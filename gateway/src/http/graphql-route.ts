import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseRequestParams, type Response } from 'graphql-http';
import { createHandler } from 'graphql-http/lib/use/fastify';
import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import type { DocumentRequest, PersistedDocuments } from '../graph/persisted-documents.ts';
import { RateLimited } from '../limits/meter.ts';
import type { Cost, PartnerLimits } from '../limits/partner-limits.ts';
import type { RefusedWrites } from '../limits/refused-writes.ts';
import { runForPartner } from '../limits/run-for-partner.ts';
import { toExecutionResult } from '../subscriptions/results.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request, on routes that ask for a token. */
    caller?: Caller;
  }
}

/** A request's body, of which nothing is known yet. */
interface OperationBody extends DocumentRequest {
  readonly operationName?: unknown;
  readonly variables?: unknown;
}

/** `POST /graphql`: GraphQL over HTTP, for callers that the token check has let in. */
export function addGraphQLRoute(
  server: FastifyInstance,
  deps: {
    readonly executor: GraphExecutor;
    readonly limits: PartnerLimits;
    readonly documents: PersistedDocuments;
    readonly refusedWrites: RefusedWrites;
  },
): void {
  const handle = createHandler({
    onSubscribe: async (request, params) => {
      const { caller, id: traceId } = request.raw;
      if (caller === undefined) throw new Error('The token check did not run.');
      const { query, operationName, variables } = params;
      try {
        const { response, cost } = await runForPartner(deps, {
          query,
          variables: variables ?? {},
          operationName: operationName ?? undefined,
          caller,
          traceId,
        });
        if (cost?.balance !== undefined) void request.context.reply.headers(rateHeaders(cost.balance));
        const result = toExecutionResult(response);
        // Without data it is no result to the handler, but errors alone are.
        if (result.data === undefined) return result.errors;
        // What is left stands in headers: the same question must have the same body as answer.
        return cost === undefined
          ? result
          : { ...result, extensions: { cost: { requested: cost.requested } } };
      } catch (error) {
        if (error instanceof RateLimited) return tooMany(error, traceId);
        throw error;
      }
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
  /** The text that is to run; one that may not is told of. */
  const textOf = (body: OperationBody, { caller, id: traceId }: FastifyRequest): unknown => {
    try {
      return deps.documents.textOf(body);
    } catch (error) {
      if (caller !== undefined && error instanceof ChargeGraphError) {
        const { query, operationName, variables } = body;
        const { message, code } = error;
        deps.refusedWrites.tell({ query, operationName, variables, caller, traceId }, [
          { message, extensions: { code } },
        ]);
      }
      throw error;
    }
  };
  server.post('/graphql', async (request, reply) => {
    const { body } = request;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
      request.body = { ...body, query: textOf(body, request) };
    }
    await handle.call(server, request, reply);
    return reply;
  });
}

/** What is left of a client's rate (draft-ietf-httpapi-ratelimit-headers-06, as most clients know it). */
const rateHeaders = ({ limit, remaining, resetAt }: NonNullable<Cost['balance']>) => ({
  'ratelimit-limit': limit,
  'ratelimit-remaining': remaining,
  'ratelimit-reset': Math.max(0, Math.ceil((resetAt - Date.now()) / 1_000)),
});

/** A client beyond its rate. */
function tooMany({ message, code, retryAfter }: RateLimited, traceId: string): Response {
  return [
    JSON.stringify({ errors: [{ message, extensions: { code, traceId } }] }),
    {
      status: 429,
      statusText: 'Too Many Requests',
      headers: { 'content-type': 'application/json; charset=utf-8', 'retry-after': String(retryAfter) },
    },
  ];
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
