import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Authenticator } from '@chargegraph/identity';
import type { Logger } from '@chargegraph/service';
import { closeCodes } from './close-codes.ts';
import { createSocketAdmission, type ConnectionParams, type SocketState } from './socket-admission.ts';
import { createSocketOperations, type SocketOperationsDeps } from './socket-operations.ts';

/** The websocket door of the graph, at `/graphql` beside the HTTP one. */
export interface WebSocketDoor {
  /** Closes every socket so that its client connects again, elsewhere or later. */
  drain(): Promise<void>;
}

/** What the door is opened with, beside what operations run on. */
export interface WebSocketDoorOptions extends SocketOperationsDeps {
  readonly server: Server;
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  /** Largest message from a client, in octets. */
  readonly maxPayload: number;
  /** Milliseconds between pings; a client that has not answered one when the next is due is cut off. */
  readonly pingInterval: number;
  /** For how long, in milliseconds, closing all sockets is spread at most when the gateway stops. */
  readonly drainSpread: number;
}

/** How long a client may take to say who it is: some fetch their token only when the socket is open. */
const initPatienceMs = 10_000;

/** How long a client may take to answer that its socket is closed. */
const drainPatienceMs = 2_000;

/** Opens the door on an HTTP server. Protocol: graphql-transport-ws; the token goes into `connection_init`. */
export function openWebSocketDoor(options: WebSocketDoorOptions): WebSocketDoor {
  const { authenticator, logger } = options;
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

  const { maxSockets } = options.bounds;
  const admission = createSocketAdmission({ sockets, authenticator, logger, maxSockets });
  const door = useServer<ConnectionParams, Extra & SocketState>(
    {
      connectionInitWaitTimeout: initPatienceMs,
      onConnect: (context) => admission.connect(context),
      onDisconnect: ({ extra }) => {
        clearTimeout(extra.expiry);
      },
      ...createSocketOperations(options, admission),
    },
    sockets,
    options.pingInterval,
  );

  return {
    async drain() {
      options.server.off('upgrade', upgrade);
      admission.stop();
      await closeEach([...sockets.clients], options.drainSpread);
      const givingUp = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, drainPatienceMs);
      await door.dispose();
      clearTimeout(givingUp);
    },
  };
}

/** Milliseconds between two sockets that are closed when there is time: what another gateway takes in easily. */
const drainStepMs = 10;

/** Closes sockets one after the other, so that their clients do not all arrive elsewhere at the same moment. */
async function closeEach(sockets: readonly WebSocket[], spread: number): Promise<void> {
  const { code, reason } = closeCodes.drain;
  const step = Math.min(drainStepMs, spread / Math.max(1, sockets.length));
  const begin = performance.now();
  for (const [index, socket] of sockets.entries()) {
    const early = begin + index * step - performance.now();
    if (early > 1) await pause(early);
    socket.close(code, reason);
  }
}
