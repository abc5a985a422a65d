import { createClient, type Client as WebSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

/** A party's way into the ecosystem: its token, and the three doors that it opens. */
export interface Doors {
  /** One GraphQL operation; throws when the answer has errors. */
  graphql<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** One OPCP REST request with a JSON body. */
  rest(method: string, path: string, body: unknown): Promise<{ status: number; body: unknown }>;
  /** A graphql-transport-ws client. */
  websocket(): WebSocketClient;
}

/** Credentials of an OAuth2 client. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Gets a party's token from `POST /oauth/token` and opens its doors. */
export async function openDoors(url: string, { clientId, clientSecret }: Credentials): Promise<Doors> {
  const token = await fetchToken(url, clientId, clientSecret);
  const authorization = `Bearer ${token}`;
  const post = (path: string, method: string, body: unknown) =>
    fetch(new URL(path, url), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  return {
    async graphql<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
      const response = await post('/graphql', 'POST', { query, variables });
      const answer = (await response.json()) as { data?: T; errors?: { message: string }[] };
      if (answer.errors?.[0] !== undefined || answer.data === undefined) {
        throw new Error(`GraphQL answered ${response.status}: ${answer.errors?.[0]?.message ?? 'no data'}`);
      }
      return answer.data;
    },
    async rest(method, path, body) {
      const response = await post(path, method, body);
      return { status: response.status, body: await response.json() };
    },
    websocket: () =>
      createClient({
        url: new URL('/graphql', url).toString().replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        lazy: false,
        retryAttempts: 5,
      }),
  };
}

async function fetchToken(url: string, clientId: string, clientSecret: string): Promise<string> {
  const response = await fetch(new URL('/oauth/token', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const body = (await response.json()) as { access_token?: string; error_description?: string };
  if (body.access_token === undefined) {
    throw new Error(`No token for ${clientId}: ${body.error_description ?? response.status}`);
  }
  return body.access_token;
}
