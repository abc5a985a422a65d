import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Caller } from './caller.ts';
import type { Role } from './roles.ts';

/** Who a token between our own processes is for. */
export type InternalAudience = 'gateway' | 'subgraphs';

/** Mints and verifies the short tokens that ChargeGraph's own processes show each other. */
export interface InternalTokens {
  /** A token of {@link lifetimeSeconds} that carries exactly the caller's rights. */
  mint(caller: Caller, audience: InternalAudience): Promise<string>;
  /** @throws ChargeGraphError UNAUTHENTICATED when it is not ours, for another audience, or has ended */
  verify(token: string, audience: InternalAudience): Promise<Caller>;
}

const issuer = 'urn:chargegraph:internal';
const lifetimeSeconds = 60;
const renewBeforeSeconds = 20;

const claims = z.object({
  sub: z.string(),
  org: z.string(),
  roles: z.array(z.string()),
  wmis: z.array(z.string()),
  pids: z.array(z.string()),
  exp: z.number(),
});

/**
 * Tokens are JWTs (HS256) under one secret that all processes of an installation share, so that a subgraph verifies
 * them with nothing but its configuration and can identify itself to the gateway in the same way.
 *
 * @param secret at least 32 octets
 * @throws RangeError when it is shorter
 */
export function createInternalTokens(secret: Uint8Array, clock: Clock): InternalTokens {
  if (secret.length < 32) throw new RangeError('The secret of internal tokens must have at least 32 octets.');
  const minted = new LRUCache<string, { token: string; expires: number }>({ max: 5_000 });
  const verified = new LRUCache<string, { caller: Caller; expires: number }>({ max: 10_000 });
  const seconds = () => Math.floor(clock.now().getTime() / 1000);

  return {
    async mint(caller, audience) {
      const body = {
        sub: caller.clientId,
        org: caller.organisation,
        roles: [...caller.roles].sort(),
        wmis: [...caller.wmis].sort(),
        pids: [...caller.providerIds].sort(),
      };
      const key = `${audience} ${JSON.stringify(body)}`;
      const cached = minted.get(key);
      const now = seconds();
      if (cached !== undefined && cached.expires - now > renewBeforeSeconds) return cached.token;
      const expires = now + lifetimeSeconds;
      const token = await new SignJWT(body)
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(expires)
        .sign(secret);
      minted.set(key, { token, expires });
      return token;
    },

    async verify(token, audience) {
      const key = `${audience} ${token}`;
      const cached = verified.get(key);
      if (cached !== undefined && cached.expires > seconds()) return cached.caller;
      try {
        const { payload } = await jwtVerify(token, secret, {
          issuer,
          audience,
          algorithms: ['HS256'],
          currentDate: clock.now(),
        });
        const body = claims.parse(payload);
        const caller: Caller = {
          clientId: body.sub,
          organisation: body.org,
          roles: new Set(body.roles as Role[]),
          wmis: new Set(body.wmis),
          providerIds: new Set(body.pids),
        };
        verified.set(key, { caller, expires: body.exp });
        return caller;
      } catch (error) {
        const ended = error instanceof errors.JWTExpired;
        throw new ChargeGraphError(
          ended ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED',
          ended ? 'The internal token has ended.' : 'The internal token is not valid.',
          { cause: error },
        );
      }
    },
  };
}
