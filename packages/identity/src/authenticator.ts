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
  /**
   * What {@link Authenticator.authenticate} would say, if that needs no asking: for those who ask thousands of times a
   * second. Undefined when it is to be asked.
   */
  known(authorization: string | undefined): Authentication | undefined;
}

/** How long a client's rights are kept, in milliseconds: a change acts within this time. */
const rightsLifetimeMs = 2_000;
const maximumTokenLength = 8_192;

/** A client's rights, being read or read. */
interface Reading {
  readonly caller: Promise<Caller | undefined>;
  found?: Caller | undefined;
}

/** Verified tokens are kept until they end, bounded; rights are read again every few seconds. */
export function createAuthenticator(deps: {
  readonly issuer: TokenIssuer;
  readonly clients: Pick<ClientReads, 'find'>;
  readonly clock: Clock;
}): Authenticator {
  const tokens = new LRUCache<string, VerifiedToken>({ max: 20_000 });
  const rights = new LRUCache<string, Reading>({ max: 10_000, ttl: rightsLifetimeMs });

  const callerOf = (clientId: string): Promise<Caller | undefined> => {
    const cached = rights.get(clientId);
    if (cached !== undefined) return cached.caller;
    const caller = deps.clients.find(clientId).then((client) => client?.caller);
    const reading: Reading = { caller };
    rights.set(clientId, reading);
    caller.then(
      (found) => (reading.found = found),
      () => rights.delete(clientId),
    );
    return caller;
  };

  const tokenOf = (authorization = ''): string | undefined => {
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1];
    return token === undefined || token.length > maximumTokenLength ? undefined : token;
  };

  return {
    async authenticate(authorization) {
      const token = tokenOf(authorization);
      if (token === undefined) {
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

    known(authorization) {
      const verified = tokens.get(tokenOf(authorization) ?? '');
      if (verified === undefined) return undefined;
      const expires = verified.expires * 1000;
      const caller = rights.get(verified.clientId)?.found;
      if (caller === undefined || expires <= deps.clock.now().getTime()) return undefined;
      return { caller, expires };
    },
  };
}
