import type { GraphClient, RequestContext } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { TrustedRootsDocument, type TrustedRootsQuery } from '../../generated/operations.ts';

const caller = serviceCaller('pcp');

/**
 * Asks RCP for all roots that provisioning certificates may chain to (types OEM and V2G), the oldest first.
 *
 * @throws ChargeGraphError UNAVAILABLE when RCP does not answer, DEADLINE_EXCEEDED or LIMIT_EXCEEDED
 */
export async function askTrustedRoots(graph: GraphClient, request: RequestContext): Promise<Certificate[]> {
  const roots: Certificate[] = [];
  let after: string | undefined;
  do {
    const page: TrustedRootsQuery = await graph.query(TrustedRootsDocument, { after }, { caller, request });
    const { nodes, pageInfo } = page.rootCertificates;
    roots.push(...nodes.map(({ certificate }) => parseCertificate(certificate.pem)));
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  } while (after !== undefined);
  return roots;
}
