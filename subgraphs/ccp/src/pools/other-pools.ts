import { parseCertificate, type Certificate } from '@chargegraph/pki';
import type { GraphClient, RequestContext } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { TrustAnchorsDocument, VehicleDocument } from '../../generated/operations.ts';
import type { OtherPools } from '../domain/other-pools.ts';

const caller = serviceCaller('ccp');

/** Asks PCP and RCP through the graph, on behalf of one request and within its deadline. */
export function createOtherPools(graph: GraphClient, request: RequestContext): OtherPools {
  const on = { caller, request };
  return {
    async vehicle(pcid, namespace) {
      const { provisioningCertificate: found } = await graph.query(VehicleDocument, { pcid, namespace }, on);
      if (found == null) return undefined;
      return {
        pcid: found.pcid,
        certificate: parseCertificate(found.certificate.pem),
        subCas: found.subCaCertificates.map(({ pem }) => parseCertificate(pem)),
        root:
          found.rootCertificate == null ? undefined : parseCertificate(found.rootCertificate.certificate.pem),
      };
    },

    async trustAnchors() {
      const v2g: Certificate[] = [];
      const mo: Certificate[] = [];
      let after: string | null | undefined;
      do {
        const { rootCertificates } = await graph.query(
          TrustAnchorsDocument,
          { types: ['V2G', 'MO'], after },
          on,
        );
        for (const { type, certificate } of rootCertificates.nodes) {
          (type === 'V2G' ? v2g : mo).push(parseCertificate(certificate.pem));
        }
        const { hasNextPage, endCursor } = rootCertificates.pageInfo;
        after = hasNextPage ? endCursor : undefined;
      } while (after != null);
      return { v2g, mo };
    },
  };
}
