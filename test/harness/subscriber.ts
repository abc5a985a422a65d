import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import type { Closing } from './websocket.ts';

/** The stock client, and how each of its connections was closed. */
export interface Subscriber {
  readonly client: Client;
  readonly closings: readonly Closing[];
  /** How often it was let in. */
  readonly connections: () => number;
}

/** A stock graphql-ws client that fetches a token for each connection, as its documentation shows. */
export function subscriber(url: string, token: () => string | Promise<string>): Subscriber {
  const closings: Closing[] = [];
  let connections = 0;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 20,
    retryWait: async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
    },
    shouldRetry: () => true,
    on: {
      connected: () => {
        connections += 1;
      },
      closed: (event) => {
        const { code, reason } = event as { code: number; reason: string };
        closings.push({ code, reason });
      },
    },
  });
  return { client, closings, connections: () => connections };
}
