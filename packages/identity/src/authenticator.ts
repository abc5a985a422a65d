import { LRUCache } from 'lru-cache';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Caller } from './caller.ts';
import type { ClientReads } from './clients/client.ts';
import type { TokenIssuer, VerifiedToken } from './issuer.ts';

/** Whoever showed a valid token, and until when it holds. */
export interface Authentication {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** Turns a partner's access token into the caller whose rights count. */
export interface Authenticator {
  /**
   * @param authorization the value of an `Authorization` header or its like: `Bearer <token>`
   * @throws ChargeGraphError UNAUTHENTICATED, TOKEN_EXPIRED, or UNAVAILABLE when nobody can tell at the moment
   */
  authenticate(authorization: string | undefined): Promise<Authentication>;
}

/** How long a client's rights are kept, in milliseconds: a change acts within this time. */
const rightsLifetimeMs = 2_000;
const maximumTokenLength = 8_192;

/** Verified tokens are kept until they end, bounded; rights are read again every few seconds. */
export function createAuthenticator(deps: {
  readonly issuer: TokenIssuer;
  readonly clients: Pick<ClientReads, 'find'>;
  readonly clock: Clock;
}): Authenticator {
  const tokens = new LRUCache<string, VerifiedToken>({ max: 20_000 });
  const rights = new LRUCache<string, Promise<Caller | undefined>>({ max: 10_000, ttl: rightsLifetimeMs });

  const callerOf = (clientId: string): Promise<Caller | undefined> => {
    const cached = rights.get(clientId);
    if (cached !== undefined) return cached;
    const reading = deps.clients.find(clientId).then((client) => client?.caller);
    rights.set(clientId, reading);
    reading.catch(() => rights.delete(clientId));
    return reading;
  };

  return {
    async authenticate(authorization) {
      const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? '')?.[1];
      if (token === undefined || token.length > maximumTokenLength) {
        throw new ChargeGraphError('UNAUTHENTICATED', 'Send an access token: "Authorization: Bearer …".');
      }
      let verified = tokens.get(token);
      if (verified === undefined) tokens.set(token, (verified = await deps.issuer.verify(token)));
      if (verified.expires * 1000 <= deps.clock.now().getTime()) {
        throw new ChargeGraphError('TOKEN_EXPIRED', 'The access token has ended.');
      }
      const caller = await callerOf(verified.clientId);
      if (caller === undefined) {
        throw new ChargeGraphError('UNAUTHENTICATED', 'The client of this access token is not enabled.');
      }
      return { caller, expires: verified.expires * 1000 };
    },
  };
}
