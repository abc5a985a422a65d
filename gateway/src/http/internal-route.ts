import type { FastifyInstance } from 'fastify';
import {
  answerInternally,
  maximumInternalBody,
  readInternalRequest,
  refuseStrangers,
} from '@chargegraph/graph';
import type { InternalTokens } from '@chargegraph/identity';
import type { Logger } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';

/** `POST /internal/graphql`: the graph for pools that run in processes of their own, by internal token. */
export function addInternalRoute(
  server: FastifyInstance,
  deps: { readonly executor: GraphExecutor; readonly tokens: InternalTokens; readonly logger: Logger },
): void {
  const { executor, tokens, logger } = deps;
  server.post(
    '/internal/graphql',
    { bodyLimit: maximumInternalBody, onRequest: refuseStrangers(tokens, 'gateway', logger) },
    (request, reply) =>
      answerInternally(
        reply,
        async () => executor.execute(await readInternalRequest(request, tokens, 'gateway')),
        logger,
      ),
  );
}
