import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { WebSocket } from 'ws';
import { rightsKey, type Authentication, type Authenticator, type Caller } from '@chargegraph/identity';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import { createSocketCount } from '../limits/socket-count.ts';
import { closeCodes } from './close-codes.ts';
import { repeatedly } from './repeatedly.ts';

/** What a client says when it connects. */
export interface ConnectionParams extends Record<string, unknown> {
  readonly authorization?: unknown;
  readonly Authorization?: unknown;
}

/** What is known of a socket beside what graphql-ws knows. */
export interface SocketState extends Record<PropertyKey, unknown> {
  authorization?: string;
  expiry?: NodeJS.Timeout;
}

/** A socket as graphql-ws hands it out. */
export type SocketContext = Context<ConnectionParams, Extra & SocketState>;

/** Lets sockets in, and closes those whose client may not be there any more. */
export interface SocketAdmission {
  /** Who is behind a socket, which is closed when nobody is, or nobody can tell: then it throws. */
  authenticate(socket: WebSocket, authorization: string | undefined): Promise<Authentication>;
  /**
   * The same for what an open socket is to be told: waits while nobody can tell, since what is told a moment later is not
   * lost, and thousands of sockets that are closed for one event are a storm when they come back.
   *
   * @throws ChargeGraphError when the socket is closed: UNAVAILABLE if that happened while it waited
   */
  awaitCaller(socket: WebSocket, authorization: string): Promise<Caller>;
  /** Who that is, if it is known without asking. Cheap for any number of sockets that show the same token at once. */
  knownCaller(authorization: string): Caller | undefined;
  /** Lets a socket in; false when it is closed instead. */
  connect(context: SocketContext): Promise<boolean>;
  /** Looks at the open sockets no more. */
  stop(): void;
}

/** Who a socket was opened for. */
interface Admitted {
  readonly authorization: string | undefined;
  /** See {@link rightsKey}. */
  readonly rights: string;
}

/**
 * How often it is looked whether the clients of open sockets may still do what they might when they connected, in
 * milliseconds. The authenticator keeps rights for two seconds, so a change acts within four.
 */
const recheckIntervalMs = 2_000;

/** How long it is waited before it is asked again who calls, in milliseconds: half of this to one and a half. */
const askAgainMs = 300;

/** Longest time for which a timer can be set. */
const longestTimerMs = 2 ** 31 - 1;

/** Begins to look at the open sockets. */
export function createSocketAdmission(options: {
  readonly sockets: { readonly clients: ReadonlySet<WebSocket> };
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  /** Most sockets of a client; 0 for any number. */
  readonly maxSockets: number;
}): SocketAdmission {
  const { sockets, authenticator, logger } = options;
  const socketsOf = createSocketCount(options.maxSockets);
  const admitted = new WeakMap<WebSocket, Admitted>();

  /** Closes a socket whose client is not let in. */
  const shut = (socket: WebSocket, why: unknown): void => {
    const close = closeCodeOf(why);
    if (close === closeCodes.unavailable)
      logger.error({ err: why }, 'a websocket client could not be authenticated');
    socket.close(close.code, close.reason);
  };

  const authenticate: SocketAdmission['authenticate'] = async (socket, authorization) => {
    try {
      return await authenticator.authenticate(authorization);
    } catch (error) {
      shut(socket, error);
      throw error;
    }
  };

  const awaitCaller: SocketAdmission['awaitCaller'] = async (socket, authorization) => {
    for (;;) {
      try {
        return (await authenticator.authenticate(authorization)).caller;
      } catch (error) {
        const waits = error instanceof ChargeGraphError && error.code === 'UNAVAILABLE';
        if (!waits) shut(socket, error);
        if (!waits || socket.readyState !== socket.OPEN) throw error;
      }
      await delay(askAgainMs * (0.5 + Math.random()), undefined, { ref: false });
    }
  };

  /** Until the process looks at its timers and sockets again, nobody's rights change and hardly a token ends. */
  const knownNow = new Map<string, Caller>();
  const knownCaller = (authorization: string): Caller | undefined => {
    let caller = knownNow.get(authorization);
    if (caller === undefined && (caller = authenticator.known(authorization)?.caller) !== undefined) {
      if (knownNow.size === 0) {
        setImmediate(() => {
          knownNow.clear();
        });
      }
      knownNow.set(authorization, caller);
    }
    return caller;
  };

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

  return {
    authenticate,
    awaitCaller,
    knownCaller,
    connect: async ({ connectionParams, extra }) => {
      const { socket, request } = extra;
      const sent = connectionParams?.authorization ?? connectionParams?.Authorization;
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
      extra.authorization = authorization ?? '';
      admitted.set(socket, { authorization, rights: rightsKey(caller) });
      extra.expiry = setTimeout(
        () => {
          socket.close(closeCodes.tokenEnded.code, closeCodes.tokenEnded.reason);
        },
        Math.min(Math.max(0, expires - Date.now()), longestTimerMs),
      ).unref();
      return true;
    },
    stop: () => {
      rechecking.stop();
    },
  };
}

/** Why a socket is closed whose client cannot be let in, or no longer. */
function closeCodeOf(error: unknown) {
  const code = error instanceof ChargeGraphError ? error.code : undefined;
  if (code === 'TOKEN_EXPIRED') return closeCodes.tokenEnded;
  return code === 'UNAUTHENTICATED' ? closeCodes.unauthorized : closeCodes.unavailable;
}
