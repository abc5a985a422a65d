import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { defaultDeadlineMs, type RequestContext } from '@chargegraph/graph';
import { rightsKey, type Authentication, type Authenticator } from '@chargegraph/identity';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { PersistedDocuments } from '../graph/persisted-documents.ts';
import type { GatewayLimits } from '../limits/gateway-limits.ts';
import type { Cost, PartnerLimits } from '../limits/partner-limits.ts';
import { createSocketCount } from '../limits/socket-count.ts';
import { closeCodes } from './close-codes.ts';
import { repeatedly } from './repeatedly.ts';
import { toExecutionResult, type Subscriptions } from './subscribe.ts';

/** What is known of a socket beside what graphql-ws knows. */
interface SocketState extends Record<PropertyKey, unknown> {
  authorization?: string;
  expiry?: NodeJS.Timeout;
}

/** Who a socket was opened for. */
interface Admitted {
  readonly authorization: string | undefined;
  /** See {@link rightsKey}. */
  readonly rights: string;
}

/** An operation on its way through graphql-ws, which asks for schema and document but only hands them on. */
interface Operation extends ExecutionArgs {
  readonly contextValue: {
    readonly prepared: PreparedOperation;
    readonly variables: Variables;
    readonly authorization: string;
    readonly socket: WebSocket;
    readonly traceId: string;
    readonly cost: Cost | undefined;
  };
}

/** The websocket door of the graph, at `/graphql` beside the HTTP one. */
export interface WebSocketDoor {
  /** Closes every socket so that its client connects again, elsewhere or later. */
  drain(): Promise<void>;
}

/** How long a client may take to say who it is: some fetch their token only when the socket is open. */
const initPatienceMs = 10_000;

/** How long a client may take to answer that its socket is closed. */
const drainPatienceMs = 2_000;

/**
 * How often it is looked whether the clients of open sockets may still do what they might when they connected, in
 * milliseconds. The authenticator keeps rights for two seconds, so a change acts within four.
 */
const recheckIntervalMs = 2_000;

/** Longest time for which a timer can be set. */
const longestTimerMs = 2 ** 31 - 1;

/** Opens the door on an HTTP server. Protocol: graphql-transport-ws; the token goes into `connection_init`. */
export function openWebSocketDoor(options: {
  readonly server: Server;
  readonly executor: GraphExecutor;
  readonly subscriptions: Subscriptions;
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  /** Largest message from a client, in octets. */
  readonly maxPayload: number;
  readonly limits: PartnerLimits;
  readonly documents: PersistedDocuments;
  readonly bounds: Pick<GatewayLimits, 'maxSockets' | 'maxSubscriptions'>;
}): WebSocketDoor {
  const { executor, subscriptions, authenticator, logger, limits, documents, bounds } = options;
  const socketsOf = createSocketCount(bounds.maxSockets);
  // Not attached to the server, whose own errors, a taken port among them, are none of the sockets'.
  const sockets = new WebSocketServer({ noServer: true, path: '/graphql', maxPayload: options.maxPayload });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.emit('connection', opened, request);
      // What ws finds wrong it closes the socket for; graphql-ws would write it to the console.
      opened.removeAllListeners('error').on('error', (error) => {
        logger.debug({ err: error }, 'a websocket was broken off');
      });
    });
  };
  options.server.on('upgrade', upgrade);

  const authenticate = async (
    socket: WebSocket,
    authorization: string | undefined,
  ): Promise<Authentication> => {
    try {
      return await authenticator.authenticate(authorization);
    } catch (error) {
      const close = closeCodeOf(error);
      if (close === closeCodes.unavailable)
        logger.error({ err: error }, 'a websocket client could not be authenticated');
      socket.close(close.code, close.reason);
      throw error;
    }
  };

  const admitted = new WeakMap<WebSocket, Admitted>();
  const rechecking = repeatedly(recheckIntervalMs, async () => {
    for (const socket of sockets.clients) {
      const known = admitted.get(socket);
      if (known === undefined || socket.readyState !== socket.OPEN) continue;
      try {
        const { caller } = await authenticator.authenticate(known.authorization);
        if (rightsKey(caller) !== known.rights)
          socket.close(closeCodes.rightsChanged.code, closeCodes.rightsChanged.reason);
      } catch (error) {
        const close = closeCodeOf(error);
        // Whatever the socket asks for is refused meanwhile; that nobody can tell is no reason to end them all.
        if (close === closeCodes.unavailable) return;
        socket.close(close.code, close.reason);
      }
    }
  });

  const door = useServer<{ authorization?: unknown; Authorization?: unknown }, Extra & SocketState>(
    {
      connectionInitWaitTimeout: initPatienceMs,
      onConnect: async (ctx) => {
        const { socket, request } = ctx.extra;
        const sent = ctx.connectionParams?.authorization ?? ctx.connectionParams?.Authorization;
        const authorization = typeof sent === 'string' ? sent : request.headers.authorization;
        const authentication = await authenticate(socket, authorization).catch(() => undefined);
        // The socket is closed, for its reason.
        if (authentication === undefined) return false;
        const { expires, caller } = authentication;
        // Gone while it was looked at: nothing would take it off the count.
        if (socket.readyState !== socket.OPEN) return false;
        const uncount = socketsOf.add(caller.clientId);
        if (uncount === undefined) {
          socket.close(closeCodes.tooManySockets.code, closeCodes.tooManySockets.reason);
          return false;
        }
        socket.once('close', uncount);
        ctx.extra.authorization = authorization ?? '';
        admitted.set(socket, { authorization, rights: rightsKey(caller) });
        ctx.extra.expiry = setTimeout(
          () => {
            socket.close(closeCodes.tokenEnded.code, closeCodes.tokenEnded.reason);
          },
          Math.min(Math.max(0, expires - Date.now()), longestTimerMs),
        ).unref();
        return true;
      },
      onDisconnect: (ctx) => {
        clearTimeout(ctx.extra.expiry);
      },
      onSubscribe: async (ctx, _id, payload): Promise<Operation | readonly GraphQLError[]> => {
        const traceId = randomUUID();
        const variables = payload.variables ?? {};
        // graphql-ws has put this one among them already; others may follow while this one waits.
        const open = Object.keys(ctx.subscriptions).length;
        const { socket } = ctx.extra;
        const authorization = ctx.extra.authorization ?? '';
        try {
          const { caller } = await authenticate(socket, authorization);
          const passage = limits.enter(caller);
          let prepared: PreparedOperation;
          try {
            checkOpen(open, bounds);
            const query = documents.textOf(payload);
            prepared = executor.prepare(
              typeof query === 'string' ? query : '',
              payload.operationName ?? undefined,
            );
            executor.admit(prepared, variables, contextOf(caller, traceId));
            await passage.admit(prepared, variables);
          } catch (error) {
            throw (await passage.end()) ?? error;
          }
          return {
            schema: executor.supergraph.apiSchema,
            document: prepared.document,
            operationName: payload.operationName,
            contextValue: { prepared, variables, authorization, socket, traceId, cost: passage.cost },
          };
        } catch (error) {
          return toGraphQLErrors(error, traceId);
        }
      },
      execute: async (args) => {
        const { prepared, variables, authorization, socket, traceId, cost } = (args as Operation)
          .contextValue;
        try {
          const { caller } = await authenticate(socket, authorization);
          const context = contextOf(caller, traceId);
          const result = toExecutionResult(await executor.run({ prepared, variables, context }));
          return { ...result, extensions: { cost: showCost(cost) } };
        } catch (error) {
          return { errors: toGraphQLErrors(error, traceId) };
        }
      },
      subscribe: async (args) => {
        const { prepared, variables, authorization, socket, traceId } = (args as Operation).contextValue;
        try {
          const events = await subscriptions.subscribe({
            prepared,
            variables,
            traceId,
            caller: async () => (await authenticate(socket, authorization)).caller,
          });
          return endingWithErrors(events, (error) => toGraphQLErrors(error, traceId));
        } catch (error) {
          return { errors: toGraphQLErrors(error, traceId) };
        }
      },
    },
    sockets,
  );

  const toGraphQLErrors = (error: unknown, traceId: string): readonly GraphQLError[] =>
    executor
      .format(error, { traceId })
      .map(({ message, extensions }) => new GraphQLError(message, { extensions: extensions ?? null }));

  return {
    async drain() {
      options.server.off('upgrade', upgrade);
      rechecking.stop();
      for (const socket of sockets.clients) socket.close(closeCodes.drain.code, closeCodes.drain.reason);
      const givingUp = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, drainPatienceMs);
      await door.dispose();
      clearTimeout(givingUp);
    },
  };
}

/** Why a socket is closed whose client cannot be let in, or no longer. */
function closeCodeOf(error: unknown) {
  const code = error instanceof ChargeGraphError ? error.code : undefined;
  if (code === 'TOKEN_EXPIRED') return closeCodes.tokenEnded;
  return code === 'UNAUTHENTICATED' ? closeCodes.unauthorized : closeCodes.unavailable;
}

const contextOf = (caller: Authentication['caller'], traceId: string): RequestContext => ({
  caller,
  traceId,
  deadline: Date.now() + defaultDeadlineMs,
  hops: 0,
});

/** There are no headers beside a result, so all that is known of its cost stands in it. */
const showCost = (cost: Cost | undefined) =>
  cost && {
    requested: cost.requested,
    ...(cost.balance !== undefined && {
      remaining: cost.balance.remaining,
      resetAt: new Date(cost.balance.resetAt).toISOString(),
    }),
  };

/** @throws ChargeGraphError LIMIT_EXCEEDED */
function checkOpen(open: number, { maxSubscriptions }: Pick<GatewayLimits, 'maxSubscriptions'>): void {
  if (maxSubscriptions === 0 || open <= maxSubscriptions) return;
  throw new ChargeGraphError(
    'LIMIT_EXCEEDED',
    `This would be operation ${open} that is open on this socket; at most ${maxSubscriptions} are allowed.`,
  );
}

/** What goes wrong on the way becomes the subscription's last result: thrown, it would end the socket for good. */
function endingWithErrors(
  events: AsyncIterableIterator<ExecutionResult, undefined>,
  show: (error: unknown) => readonly GraphQLError[],
): AsyncIterableIterator<ExecutionResult, undefined> {
  let failed = false;
  const iterator: AsyncIterableIterator<ExecutionResult, undefined> = {
    next: async () => {
      if (failed) return { done: true, value: undefined };
      try {
        return await events.next();
      } catch (error) {
        failed = true;
        return { done: false, value: { errors: show(error) } };
      }
    },
    return: async () => (await events.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
