import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serviceCaller } from '@chargegraph/identity';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import type { CrlLimits } from '../limits/crl-limits.ts';

const query = `query RevocationList($fingerprint: SHA256Fingerprint!) {
  contractCaRevocationList(fingerprint: $fingerprint) { der thisUpdate nextUpdate }
}`;

interface Answer {
  readonly contractCaRevocationList: {
    readonly der: string;
    readonly thisUpdate: string;
    readonly nextUpdate: string;
  } | null;
}

const readTimeoutMs = 10_000;

/**
 * For how long a list may be kept without asking again, in seconds. Another one may be issued at any time before its
 * nextUpdate; whoever asks with the list's ETag is answered in a few octets.
 */
const longestAge = 300;

const fileName = /^([0-9a-f]{64})\.crl$/i;

/**
 * `GET /crl/<SHA-256 of the CA's certificate>.crl`: the revocation list of a CA of the provisioning service, in DER
 * (RFC 5280, RFC 2585 section 4.2), for anybody.
 */
export function addCrlRoute(
  server: FastifyInstance,
  deps: { readonly executor: GraphExecutor; readonly limits: CrlLimits; readonly clock: Clock },
): void {
  const { executor, limits, clock } = deps;

  const read = async (fingerprint: string, traceId: string) => {
    const { data, errors } = await executor.execute({
      query,
      variables: { fingerprint },
      context: {
        caller: serviceCaller('gateway'),
        traceId,
        deadline: Date.now() + readTimeoutMs,
        hops: 0,
      },
    });
    if (errors !== undefined || data == null) {
      throw new ChargeGraphError(
        'UNAVAILABLE',
        'The revocation list cannot be read at present: try again soon.',
        {
          cause: new Error(errors?.[0]?.message ?? 'no data'),
        },
      );
    }
    return (data as unknown as Answer).contractCaRevocationList;
  };

  server.get<{ Params: { file: string } }>('/crl/:file', async (request, reply) => {
    await limits.read(request.ip);
    const fingerprint = fileName.exec(request.params.file)?.[1]?.toLowerCase();
    const list = fingerprint === undefined ? null : await read(fingerprint, request.id);
    if (list === null) throw new ChargeGraphError('NOT_FOUND', 'There is no such revocation list.');
    const der = Buffer.from(list.der, 'base64');
    const [thisUpdate, nextUpdate] = [new Date(list.thisUpdate), new Date(list.nextUpdate)];
    const etag = `"${createHash('sha256').update(der).digest('base64url')}"`;
    const left = Math.floor((nextUpdate.getTime() - clock.now().getTime()) / 1_000);
    void reply.headers({
      'cache-control': `public, max-age=${Math.max(0, Math.min(longestAge, left))}`,
      etag,
      'last-modified': thisUpdate.toUTCString(),
      expires: nextUpdate.toUTCString(),
    });
    if (isKnown(request, etag, thisUpdate)) return await reply.status(304).send();
    return await reply.type('application/pkix-crl').send(der);
  });
}

/** Whether the client has this list (RFC 9110 section 13.2.2). */
function isKnown({ headers }: FastifyRequest, etag: string, thisUpdate: Date): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined) {
    const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    return tags.includes(etag) || tags.includes('*');
  }
  const since = headers['if-modified-since'];
  return since !== undefined && Date.parse(since) >= thisUpdate.getTime();
}
