import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import type { Caller, InternalAudience, InternalTokens } from '@chargegraph/identity';
import { refuseLargeBodies } from './body-limit.ts';
import { endIdleWhileClosing } from './closing.ts';
import { internalHeaders, maximumInternalBody } from './internal-http.ts';
import { defaultDeadlineMs } from './request-context.ts';
import type { Subgraph, SubgraphRequest } from './subgraph.ts';

const bodySchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

/**
 * Reads an operation that another of our processes sent: internal token, deadline and hops included.
 *
 * @throws ChargeGraphError UNAUTHENTICATED, TOKEN_EXPIRED or BAD_INPUT
 */
export async function readInternalRequest(
  request: FastifyRequest,
  tokens: InternalTokens,
  audience: InternalAudience,
): Promise<SubgraphRequest> {
  const caller = await internalCaller(request, tokens, audience);
  const body = bodySchema.safeParse(request.body);
  if (!body.success) throw new ChargeGraphError('BAD_INPUT', 'The body is no GraphQL request.');
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const timeLeft = Math.min(Number(header(internalHeaders.timeLeft) ?? defaultDeadlineMs), defaultDeadlineMs);
  return {
    query: body.data.query,
    variables: body.data.variables ?? undefined,
    operationName: body.data.operationName ?? undefined,
    context: {
      caller,
      traceId: header(internalHeaders.traceId) ?? randomUUID(),
      deadline: Date.now() + (Number.isFinite(timeLeft) ? timeLeft : defaultDeadlineMs),
      hops: Math.max(0, Number(header(internalHeaders.hops) ?? 0) || 0),
    },
  };
}

/** Who an internal token speaks for. */
async function internalCaller(
  request: FastifyRequest,
  tokens: InternalTokens,
  audience: InternalAudience,
): Promise<Caller> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new ChargeGraphError('UNAUTHENTICATED', 'An internal token is missing.');
  return await tokens.verify(token, audience);
}

/**
 * A hook that refuses requests without a right internal token before their body is read: a stranger's megabytes
 * cost nothing.
 */
export function refuseStrangers(
  tokens: InternalTokens,
  audience: InternalAudience,
  logger: Logger,
  bodyLimit = maximumInternalBody,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const refuseLarge = refuseLargeBodies(bodyLimit);
  return async (request, reply) => {
    try {
      await internalCaller(request, tokens, audience);
      await refuseLarge(request);
    } catch (error) {
      await refuse(reply, error, logger);
    }
  };
}

/** Answers an internal call: the refusals of {@link readInternalRequest} become GraphQL errors with a status. */
export async function answerInternally(
  reply: FastifyReply,
  work: () => Promise<unknown>,
  logger: Logger,
): Promise<FastifyReply> {
  try {
    return await reply.send(await work());
  } catch (error) {
    return await refuse(reply, error, logger);
  }
}

async function refuse(reply: FastifyReply, error: unknown, logger: Logger): Promise<FastifyReply> {
  if (!(error instanceof ChargeGraphError)) {
    logger.error({ err: error }, 'an internal call failed');
    return await reply
      .status(500)
      .send({ errors: [{ message: 'internal error', extensions: { code: 'INTERNAL' } }] });
  }
  const status = error.code === 'PAYLOAD_TOO_LARGE' ? 413 : error.code === 'BAD_INPUT' ? 400 : 401;
  return await reply
    .status(status)
    .send({ errors: [{ message: error.message, extensions: { code: error.code } }] });
}

/** One pool behind HTTP: `POST /graphql` with an internal token, for the gateway only. */
export function createSubgraphServer(options: {
  readonly subgraph: Subgraph;
  readonly tokens: InternalTokens;
  readonly logger: Logger;
}): FastifyInstance {
  const { subgraph, tokens, logger } = options;
  const server = fastify({
    bodyLimit: maximumInternalBody,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    logger: false,
  });
  endIdleWhileClosing(server);
  server.post('/graphql', { onRequest: refuseStrangers(tokens, 'subgraphs', logger) }, (request, reply) =>
    answerInternally(
      reply,
      async () => subgraph.execute(await readInternalRequest(request, tokens, 'subgraphs')),
      logger,
    ),
  );
  return server;
}
