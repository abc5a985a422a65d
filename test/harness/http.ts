import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

/** An HTTP answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** What is sent. */
export interface Sending {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** Sends a request, as JSON unless a content type is given. */
export async function send(
  url: string,
  { method = 'POST', token, headers, body }: Sending = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: asJson(text) };
}

/** Announces a JSON body of so many octets without sending one of them; resolves with the status that comes. */
export async function sendUnread(url: string, size: number): Promise<number | undefined> {
  const outgoing = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': size },
    timeout: 10_000,
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('The body was waited for.')));
  outgoing.flushHeaders();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  // The rest of the body never comes.
  outgoing.on('error', () => undefined);
  outgoing.destroy();
  return response.statusCode;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A client's access token. */
export async function accessToken(
  url: string,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
): Promise<string> {
  const { json } = await send(`${url}/oauth/token`, {
    body: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
  });
  return (json as { access_token: string }).access_token;
}
