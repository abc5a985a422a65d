/** A token that this tab holds, and whose it is. */
export interface Session {
  readonly clientId: string;
  readonly token: string;
  /** Milliseconds since 1970 at which the token ends. */
  readonly expires: number;
}

/** In the tab's own storage: gone with the tab, never in an address and never shared with another one. */
const key = 'chargegraph:session';

/** The session of this tab, unless its token has ended. */
export function readSession(): Session | undefined {
  const text = sessionStorage.getItem(key);
  if (text === null) return undefined;
  const session = JSON.parse(text) as Session;
  return session.expires > Date.now() ? session : undefined;
}

/** Keeps a session for this tab, or forgets it. */
export function keepSession(session: Session | undefined): void {
  if (session === undefined) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, JSON.stringify(session));
}

/**
 * Asks the installation for a token; the secret is not kept.
 *
 * @throws Error with the sentence of the refusal
 */
export async function signIn(clientId: string, clientSecret: string): Promise<Session> {
  const response = await fetch('oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const answer = (await response.json()) as {
    access_token?: string;
    expires_in?: number;
    error_description?: string;
  };
  if (answer.access_token === undefined) {
    throw new Error(answer.error_description ?? `No token: HTTP ${response.status}`);
  }
  return {
    clientId,
    token: answer.access_token,
    expires: Date.now() + (answer.expires_in ?? 0) * 1_000,
  };
}
