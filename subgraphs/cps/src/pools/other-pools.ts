import type { GraphClient, RequestContext } from '@chargegraph/graph';
import { serviceActingFor, serviceCaller } from '@chargegraph/identity';
import { parseCertificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import {
  PublishContractDocument,
  TrustAnchorsDocument,
  VehicleDocument,
} from '../../generated/operations.ts';
import type { OtherPools, TrustAnchor } from '../domain/other-pools.ts';

/** The other pools through the graph, read as the service itself and written to on behalf of the request's caller. */
export function createOtherPools(graph: GraphClient, request: RequestContext): OtherPools {
  const asService = { caller: serviceCaller('cps'), request };
  return {
    async trustAnchors(types) {
      const anchors: TrustAnchor[] = [];
      let after: string | undefined;
      do {
        const { rootCertificates } = await graph.query(
          TrustAnchorsDocument,
          { types: [...types], after },
          asService,
        );
        for (const { type, certificate } of rootCertificates.nodes) {
          if (type === 'MO' || type === 'V2G') {
            anchors.push({ type, certificate: parseCertificate(certificate.pem) });
          }
        }
        const { hasNextPage, endCursor } = rootCertificates.pageInfo;
        after = hasNextPage ? (endCursor ?? undefined) : undefined;
      } while (after !== undefined);
      return anchors;
    },

    async vehicle(pcid, namespace) {
      const { provisioningCertificate } = await graph.query(VehicleDocument, { pcid, namespace }, asService);
      if (provisioningCertificate == null) return undefined;
      return {
        provisioningFingerprint: provisioningCertificate.certificate.fingerprint,
        v2gRootKeyIdentifiers: provisioningCertificate.v2gRootAuthorityKeyIdentifiers,
      };
    },

    async publishContract(signedContractData, pcid) {
      const { publishContract } = await graph.query(
        PublishContractDocument,
        { input: { signedContractData: Buffer.from(signedContractData).toString('base64'), pcid } },
        { caller: serviceActingFor('cps', request.caller), request },
      );
      const { contract, userErrors } = publishContract;
      if (userErrors.length > 0) {
        return { refusals: userErrors.map(({ path, ...error }) => ({ ...error, path: path ?? undefined })) };
      }
      if (contract == null) {
        throw new ChargeGraphError(
          'UNAVAILABLE',
          'The contract pool did not say what became of the contract; try again.',
        );
      }
      return { contractId: contract.id };
    },
  };
}
