import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Refusals } from '@chargegraph/audit';
import { endIdleWhileClosing, refuseLargeBodies } from '@chargegraph/graph';
import type { Authenticator, ClientReads, InternalTokens, TokenIssuer } from '@chargegraph/identity';
import type { Clock, Logger } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import type { PersistedDocuments } from '../graph/persisted-documents.ts';
import type { CrlLimits } from '../limits/crl-limits.ts';
import { RateLimited } from '../limits/meter.ts';
import type { PartnerLimits } from '../limits/partner-limits.ts';
import type { RefusedWrites } from '../limits/refused-writes.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import { addPages } from '../pages/pages.ts';
import { addCrlRoute } from '../rest/crl-route.ts';
import { addRestDoor, validatorOptions } from '../rest/door.ts';
import { readTokenBodies } from '../rest/token/token-body.ts';
import { addTokenRoutes } from '../rest/token/token-route.ts';
import { noteAllowedMethods } from './allowed-methods.ts';
import { refuseConflictingHeaders } from './conflicting-headers.ts';
import { sendGraphQLError, sendOpcpError, showError, type ShownError } from './errors.ts';
import { addGraphQLRoute } from './graphql-route.ts';
import { addInternalRoute } from './internal-route.ts';
import {
  answerUnreadable,
  dropAnsweredRequests,
  usualTimeouts,
  type RequestTimeouts,
} from './unreadable-requests.ts';

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
  /** Where mutations are told to that are refused before a pool sees them. */
  readonly refusedWrites: RefusedWrites;
  readonly documents: PersistedDocuments;
  readonly tokenLimits: TokenLimits;
  readonly crlLimits: CrlLimits;
  readonly clock: Clock;
  /** Addresses and networks of reverse proxies, whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  /** How long clients may take; {@link usualTimeouts} unless given. */
  readonly timeouts?: RequestTimeouts | undefined;
  /** Whether there are pages for people. */
  readonly pages: boolean;
  /** This installation's public address. */
  readonly address: string;
  readonly logger: Logger;
}

/** As Fastify and Node have them; `Host` is asked for with the other headers. */
const connectionOptions = ({ headers, request, silence, check }: RequestTimeouts) => ({
  requestTimeout: request,
  connectionTimeout: silence,
  http: { headersTimeout: headers, connectionsCheckingInterval: check, requireHostHeader: false },
});

/** The gateway's HTTP server, not yet listening. Every request has a trace id, which every refusal shows. */
export function createHttpServer(deps: HttpDeps): FastifyInstance {
  const { authenticator, logger, timeouts = usualTimeouts } = deps;
  const server = fastify({
    bodyLimit: maximumBody,
    genReqId: () => randomUUID(),
    ajv: validatorOptions,
    ...connectionOptions(timeouts),
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    // Base addresses are written with a slash at the end and without.
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 500 },
    clientErrorHandler: answerUnreadable(logger),
    trustProxy: deps.trustedProxies.length > 0 && [...deps.trustedProxies],
    // A path that cannot be decoded comes by no route.
    frameworkErrors: (_error, request, reply) => {
      const shown: ShownError = { status: 400, code: 'BAD_INPUT', message: 'The path is malformed.' };
      logger.info({ traceId: request.id, ...shown }, 'a request was refused');
      void sendOpcpError(reply, shown, request.id);
    },
  });
  endIdleWhileClosing(server);
  dropAnsweredRequests(server);
  const allowedMethods = noteAllowedMethods(server);
  const answerNotFound = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id: traceId, url, method } = request;
    const allowed = allowedMethods(url);
    // A route of the method may say itself that there is nothing.
    const methods = allowed.includes(method) ? [] : allowed;
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    if (methods.length > 0 && method === 'OPTIONS') return await reply.status(204).send();
    const shown: ShownError =
      methods.length > 0
        ? { status: 405, code: 'BAD_INPUT', message: `Here, ${methods.join(', ')} can be used.` }
        : { status: 404, code: 'NOT_FOUND', message: 'There is nothing here.' };
    logger.info({ traceId, method, url, ...shown }, 'a request was refused');
    return await sendOpcpError(reply, shown, traceId);
  };
  server.addHook('onRequest', async (request, reply) => {
    refuseConflictingHeaders(request);
    // Before the body is read: where nothing is, it does not matter what is sent.
    if (request.is404) return await answerNotFound(request, reply);
  });

  server.setErrorHandler(async (error, request, reply) => {
    const shown = showError(error);
    if (shown.code === 'INTERNAL')
      logger.error({ err: error, traceId: request.id, url: request.url }, 'request failed');
    else if (shown.code === 'UNAVAILABLE')
      logger.warn({ err: error, traceId: request.id, url: request.url }, 'a request could not be served now');
    else logger.info({ traceId: request.id, url: request.url, ...shown }, 'a request was refused');
    // The route's, since a path may be written with slashes too many.
    const path = request.routeOptions.url ?? request.url;
    const rateLimited = error instanceof RateLimited;
    if (rateLimited) void reply.header('retry-after', error.retryAfter);
    if (path.startsWith('/oauth/') && shown.status < 500) {
      // RFC 6749 section 5.2, which has no word for too much; RFC 8628 section 3.5 has.
      return await reply.status(shown.status).send({
        error: rateLimited ? 'slow_down' : 'invalid_request',
        error_description: shown.message,
      });
    }
    const send = path.startsWith('/graphql') ? sendGraphQLError : sendOpcpError;
    if (shown.status === 401) void reply.header('www-authenticate', 'Bearer');
    return await send(reply, shown, request.id);
  });
  server.setNotFoundHandler(answerNotFound);

  // JSON alone, but for the token endpoint.
  server.removeContentTypeParser('text/plain');
  void server.register((tokens, _options, done) => {
    readTokenBodies(tokens);
    tokens.addHook('onRequest', refuseLargeBodies(maximumBody));
    addTokenRoutes(tokens, { ...deps, limits: deps.tokenLimits });
    done();
  });
  addInternalRoute(server, deps);
  addCrlRoute(server, { ...deps, limits: deps.crlLimits });
  if (deps.pages) addPages(server, deps);
  void server.register((partners, _options, done) => {
    // Before the body is read: a stranger's megabyte costs nothing.
    partners.addHook('onRequest', async (request) => {
      const { caller } = await authenticator.authenticate(request.headers.authorization);
      request.caller = caller;
    });
    partners.addHook('onRequest', refuseLargeBodies(maximumBody));
    addGraphQLRoute(partners, deps);
    addRestDoor(partners, deps);
    done();
  });
  return server;
}
