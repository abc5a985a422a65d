import { parseCertificate, type Certificate } from '@chargegraph/pki';
import type { GraphClient, RequestContext } from '@chargegraph/graph';
import { serviceCaller, type Role } from '@chargegraph/identity';
import {
  TrustAnchorsDocument,
  TrustedRootsDocument,
  VehicleDocument,
  VehicleOfMakerDocument,
  type VehicleOfMakerQuery,
} from '../../generated/operations.ts';
import type { OtherPools, TrustedRoots, Vehicle } from '../domain/other-pools.ts';

const caller = serviceCaller('ccp');

/** Asks PCP and RCP through the graph, on behalf of one request and within its deadline. */
export function createOtherPools(graph: GraphClient, request: RequestContext): OtherPools {
  const on = { caller, request };
  const types = ['V2G', 'MO'] as const;
  let roots: Promise<TrustedRoots> | undefined;
  return {
    async vehicle(pcid, namespace) {
      const { provisioningCertificate } = await graph.query(VehicleDocument, { pcid, namespace }, on);
      if (provisioningCertificate == null) return undefined;
      return { ...toVehicle(provisioningCertificate), epoch: BigInt(provisioningCertificate.contractEpoch) };
    },

    async vehicleOfMaker(maker, pcid, namespace) {
      const { provisioningCertificate } = await graph.query(
        VehicleOfMakerDocument,
        { pcid, namespace },
        { caller: { ...maker, roles: new Set<Role>(['OEM']) }, request },
      );
      return provisioningCertificate == null ? undefined : toVehicle(provisioningCertificate);
    },

    async trustAnchors() {
      const v2g: Certificate[] = [];
      const mo: Certificate[] = [];
      await eachPage(async (after) => {
        const { rootCertificates } = await graph.query(
          TrustAnchorsDocument,
          { types: [...types], after },
          on,
        );
        for (const { type, certificate } of rootCertificates.nodes) {
          (type === 'V2G' ? v2g : mo).push(parseCertificate(certificate.pem));
        }
        return rootCertificates.pageInfo;
      });
      return { v2g, mo };
    },

    // Asked once for a request, however many contracts it shows.
    trustedRoots: () => (roots ??= readTrustedRoots()),
  };

  async function readTrustedRoots(): Promise<TrustedRoots> {
    const v2g = new Set<string>();
    const mo = new Set<string>();
    await eachPage(async (after) => {
      const { rootCertificates } = await graph.query(TrustedRootsDocument, { types: [...types], after }, on);
      for (const { type, fingerprint } of rootCertificates.nodes) {
        (type === 'V2G' ? v2g : mo).add(fingerprint);
      }
      return rootCertificates.pageInfo;
    });
    return { v2g, mo };
  }
}

function toVehicle(found: NonNullable<VehicleOfMakerQuery['provisioningCertificate']>): Vehicle {
  const root = found.rootCertificate?.certificate.pem;
  return {
    pcid: found.pcid,
    certificate: parseCertificate(found.certificate.pem),
    subCas: found.subCaCertificates.map(({ pem }) => parseCertificate(pem)),
    root: root === undefined ? undefined : parseCertificate(root),
    installedRoots: found.v2gRootAuthorityKeyIdentifiers,
  };
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor?: string | null | undefined;
}

/** Reads a list to its end. */
async function eachPage(read: (after: string | undefined) => Promise<PageInfo>): Promise<void> {
  let after: string | undefined;
  do {
    const { hasNextPage, endCursor } = await read(after);
    after = hasNextPage ? (endCursor ?? undefined) : undefined;
  } while (after !== undefined);
}
