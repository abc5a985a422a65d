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
      const { provisioningCertificate } = await graph.query(VehicleDocument, { pcid, namespace }, on);
      const found = provisioningCertificate ?? undefined;
      if (found === undefined) return undefined;
      const root = found.rootCertificate?.certificate.pem;
      return {
        pcid: found.pcid,
        certificate: parseCertificate(found.certificate.pem),
        subCas: found.subCaCertificates.map(({ pem }) => parseCertificate(pem)),
        root: root === undefined ? undefined : parseCertificate(root),
        epoch: BigInt(found.contractEpoch),
        installedRoots: found.v2gRootAuthorityKeyIdentifiers,
      };
    },

    async trustAnchors() {
      const v2g: Certificate[] = [];
      const mo: Certificate[] = [];
      let after: string | undefined;
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
        after = hasNextPage ? (endCursor ?? undefined) : undefined;
      } while (after !== undefined);
      return { v2g, mo };
    },
  };
}
