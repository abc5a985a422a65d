import { randomUUID } from 'node:crypto';
import formBody from '@fastify/formbody';
import fastify, { type FastifyInstance } from 'fastify';
import type { Refusals } from '@chargegraph/audit';
import { refuseLargeBodies } from '@chargegraph/graph';
import type { Authenticator, ClientReads, InternalTokens, TokenIssuer } from '@chargegraph/identity';
import type { Logger } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import type { PersistedDocuments } from '../graph/persisted-documents.ts';
import { RateLimited } from '../limits/meter.ts';
import type { PartnerLimits } from '../limits/partner-limits.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import { addCertificateInstallationRoute } from '../rest/certificate-installation-route.ts';
import { addTokenRoutes } from '../rest/token-route.ts';
import { sendGraphQLError, sendOpcpError, showError } from './errors.ts';
import { addGraphQLRoute } from './graphql-route.ts';
import { addInternalRoute } from './internal-route.ts';

/** Largest body of a partner's request, and largest websocket message, in octets. */
export const maximumBody = 1024 * 1024;

/** What the HTTP doors work with. */
export interface HttpDeps {
  readonly executor: GraphExecutor;
  readonly authenticator: Authenticator;
  readonly clients: ClientReads;
  readonly issuer: TokenIssuer;
  readonly tokens: InternalTokens;
  /** Where refused token requests are told to. */
  readonly refusals: Pick<Refusals, 'record'>;
  readonly limits: PartnerLimits;
  readonly documents: PersistedDocuments;
  readonly tokenLimits: TokenLimits;
  /** Addresses and networks of reverse proxies, whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
}

/** The gateway's HTTP server, not yet listening. Every request has a trace id, which every refusal shows. */
export function createHttpServer(deps: HttpDeps): FastifyInstance {
  const { authenticator, logger } = deps;
  const server = fastify({
    bodyLimit: maximumBody,
    genReqId: () => randomUUID(),
    requestTimeout: 30_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    trustProxy: deps.trustedProxies.length > 0 && [...deps.trustedProxies],
  });

  server.setErrorHandler(async (error, request, reply) => {
    const shown = showError(error);
    if (shown.code === 'INTERNAL')
      logger.error({ err: error, traceId: request.id, url: request.url }, 'request failed');
    else if (shown.code === 'UNAVAILABLE')
      logger.warn({ err: error, traceId: request.id, url: request.url }, 'a request could not be served now');
    const rateLimited = error instanceof RateLimited;
    if (rateLimited) void reply.header('retry-after', error.retryAfter);
    if (request.url.startsWith('/oauth/') && shown.status < 500) {
      // RFC 6749 section 5.2, which has no word for too much; RFC 8628 section 3.5 has.
      return await reply.status(shown.status).send({
        error: rateLimited ? 'slow_down' : 'invalid_request',
        error_description: shown.message,
      });
    }
    const send = request.url.startsWith('/graphql') ? sendGraphQLError : sendOpcpError;
    if (shown.status === 401) void reply.header('www-authenticate', 'Bearer');
    return await send(reply, shown, request.id);
  });
  server.setNotFoundHandler(async (request, reply) => {
    await sendOpcpError(
      reply,
      { status: 404, code: 'NOT_FOUND', message: 'There is nothing here.' },
      request.id,
    );
  });

  // JSON alone, but for the token endpoint.
  server.removeContentTypeParser('text/plain');
  void server.register((tokens, _options, done) => {
    void tokens.register(formBody, { bodyLimit: maximumBody });
    tokens.addHook('onRequest', refuseLargeBodies(maximumBody));
    addTokenRoutes(tokens, { ...deps, limits: deps.tokenLimits });
    done();
  });
  addInternalRoute(server, deps);
  void server.register((partners, _options, done) => {
    // Before the body is read: a stranger's megabyte costs nothing.
    partners.addHook('onRequest', async (request) => {
      const { caller } = await authenticator.authenticate(request.headers.authorization);
      request.caller = caller;
    });
    partners.addHook('onRequest', refuseLargeBodies(maximumBody));
    addGraphQLRoute(partners, deps);
    addCertificateInstallationRoute(partners, deps);
    done();
  });
  return server;
}
