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

/**
 * A stock graphql-ws client that fetches a token for each connection, as its documentation shows.
 *
 * @param shouldRetry whether it connects again after it was closed with a code; always unless given
 */
export function subscriber(
  url: string,
  token: () => string | Promise<string>,
  shouldRetry: (code: number | undefined) => boolean = () => true,
): Subscriber {
  const closings: Closing[] = [];
  let connections = 0;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 100,
    retryWait: async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
    },
    shouldRetry: (closing) => shouldRetry((closing as { code?: number }).code),
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
