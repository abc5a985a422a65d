import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { claimedClient, ofNobody, type Refusals } from '@chargegraph/audit';
import type { ClientReads, TokenIssuer } from '@chargegraph/identity';
import type { TokenLimits } from '../../limits/token-limits.ts';

const audience = z.string().max(500);

const bodySchema = z.object({
  grant_type: z.string().optional(),
  client_id: z.string().max(200).nullish(),
  client_secret: z.string().max(500).nullish(),
  audience: z.union([audience, z.array(audience).max(10)]).nullish(),
});

/**
 * `POST /oauth/token`: client credentials (RFC 6749 section 4.4), the client authenticated in a JSON or form body or
 * with HTTP Basic, whatever the content type says, and `GET /.well-known/jwks.json`, the keys to verify tokens with.
 */
export function addTokenRoutes(
  server: FastifyInstance,
  deps: {
    readonly clients: Pick<ClientReads, 'authenticate'>;
    readonly issuer: TokenIssuer;
    /** Told of every wrong secret, under the client's id as it was claimed. */
    readonly refusals: Pick<Refusals, 'record'>;
    readonly limits: TokenLimits;
  },
): void {
  server.post('/oauth/token', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    const parsed = bodySchema.safeParse(request.body ?? {});
    if (!parsed.success) {
      return await refuse(
        reply,
        400,
        'invalid_request',
        `${String(parsed.error.issues[0]?.path[0] ?? 'body')} is malformed`,
      );
    }
    if (parsed.data.grant_type?.toLowerCase() !== 'client_credentials') {
      return await refuse(reply, 400, 'unsupported_grant_type', 'grant_type must be client_credentials');
    }
    const { clientId, clientSecret } = basicCredentials(request) ?? {
      clientId: parsed.data.client_id ?? undefined,
      clientSecret: parsed.data.client_secret ?? undefined,
    };
    // RFC 6749 section 5.2: whoever tried a header is told which one is right.
    if (request.headers.authorization !== undefined) void reply.header('www-authenticate', 'Basic');
    if (clientId === undefined || clientSecret === undefined) {
      return await refuse(reply, 401, 'invalid_client', 'client_id and client_secret are required');
    }
    const attempt = await deps.limits.try(clientId, request.ip);
    const client = await deps.clients.authenticate(clientId, clientSecret);
    if (client === undefined) {
      const detail = 'client_id or client_secret is wrong';
      const claimed = claimedClient(clientId) ?? 'Client';
      deps.refusals.record({
        act: { clientId: ofNobody, organisation: '', traceId: request.id },
        action: 'token',
        object: () => claimed,
        code: 'UNAUTHENTICATED',
        detail,
        countedTo: claimed,
      });
      return await refuse(reply, 401, 'invalid_client', detail);
    }
    await attempt.succeeded();
    void reply.removeHeader('www-authenticate');
    await deps.limits.issue(clientId);
    const asked = parsed.data.audience ?? '';
    const token = await deps.issuer.issue(client, asked.length === 0 ? undefined : asked);
    return {
      access_token: token.accessToken,
      token_type: 'Bearer',
      expires_in: token.expiresIn,
      scope: token.scope,
    };
  });

  server.get('/.well-known/jwks.json', () => deps.issuer.jwks());
}

const refuse = (reply: FastifyReply, status: number, error: string, description: string) =>
  reply.status(status).send({ error, error_description: description });

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined. */
function basicCredentials(request: FastifyRequest): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]{1,1000}) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
    return { clientId: decode(text.slice(0, colon)), clientSecret: decode(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}
