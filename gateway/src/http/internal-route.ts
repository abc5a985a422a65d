import type { FastifyInstance } from 'fastify';
import { answerInternally, readInternalRequest } from '@chargegraph/graph';
import type { InternalTokens } from '@chargegraph/identity';
import type { Logger } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';

/** `POST /internal/graphql`: the graph for pools that run in processes of their own, by internal token. */
export function addInternalRoute(
  server: FastifyInstance,
  deps: { readonly executor: GraphExecutor; readonly tokens: InternalTokens; readonly logger: Logger },
): void {
  server.post('/internal/graphql', (request, reply) =>
    answerInternally(
      reply,
      async () => deps.executor.execute(await readInternalRequest(request, deps.tokens, 'gateway')),
      deps.logger,
    ),
  );
}
