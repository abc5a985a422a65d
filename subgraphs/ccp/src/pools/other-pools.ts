import { randomUUID } from 'node:crypto';
import { parseCertificate } from '@chargegraph/pki';
import { defaultDeadlineMs, type GraphClient, type RequestContext } from '@chargegraph/graph';
import { serviceCaller, type Role } from '@chargegraph/identity';
import type { TrustedRoots } from '@chargegraph/trust';
import {
  VehicleDocument,
  VehicleOfMakerDocument,
  type VehicleOfMakerQuery,
} from '../../generated/operations.ts';
import type { OtherPools, Vehicle } from '../domain/other-pools.ts';

const caller = serviceCaller('ccp');

/** What the pool asks by itself, on nobody's behalf: a request of its own, that begins now. */
export const ownRequest = (): RequestContext => ({
  caller,
  traceId: randomUUID(),
  deadline: Date.now() + defaultDeadlineMs,
  hops: 0,
});

/** Asks PCP through the graph, on behalf of one request and within its deadline. */
export function createOtherPools(
  graph: GraphClient,
  request: RequestContext,
  roots: TrustedRoots,
): OtherPools {
  const on = { caller, request };
  return {
    roots,

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
  };
}

function toVehicle(found: NonNullable<VehicleOfMakerQuery['provisioningCertificate']>): Vehicle {
  return {
    pcid: found.pcid,
    certificate: parseCertificate(found.certificate.pem),
    subCas: found.subCaCertificates.map(({ pem }) => parseCertificate(pem)),
    installedRoots: found.v2gRootAuthorityKeyIdentifiers,
  };
}
