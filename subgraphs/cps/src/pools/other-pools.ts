import { randomUUID } from 'node:crypto';
import type { Act } from '@chargegraph/audit';
import { defaultDeadlineMs, type GraphClient, type RequestContext } from '@chargegraph/graph';
import { serviceActingFor, serviceCaller, type Caller } from '@chargegraph/identity';
import { parseCertificate } from '@chargegraph/pki';
import type { Revocation } from '@chargegraph/revocation';
import { ChargeGraphError } from '@chargegraph/service';
import type { Trust } from '@chargegraph/trust';
import {
  HeldContractDocument,
  PublishContractDocument,
  VehicleDocument,
} from '../../generated/operations.ts';
import type { OtherPools } from '../domain/other-pools.ts';

/** What the service itself knows: RCP's roots, and its certificates' revocation. */
interface Known {
  readonly trust: Trust;
  readonly revocation: Revocation;
}

/** The other pools through the graph, read as the service itself and written to on behalf of the request's caller. */
export function createOtherPools(graph: GraphClient, known: Known, request: RequestContext): OtherPools {
  return poolsAs(graph, request, serviceActingFor('cps', request.caller), known);
}

/**
 * The other pools for what the service does by itself: written to with the rights of one operator, in a trace of its
 * own, on nobody's behalf.
 */
export function ownPools(
  graph: GraphClient,
  known: Known,
  providerId?: string,
): { pools: OtherPools; act: Act } {
  const service = serviceCaller('cps');
  const { clientId, organisation } = service;
  const caller = { ...service, providerIds: new Set(providerId === undefined ? [] : [providerId]) };
  const traceId = randomUUID();
  const request = { caller, traceId, deadline: Date.now() + defaultDeadlineMs, hops: 0 };
  return {
    pools: poolsAs(graph, request, caller, known),
    act: { clientId, organisation, traceId },
  };
}

function poolsAs(
  graph: GraphClient,
  request: RequestContext,
  writer: Caller,
  { trust, revocation }: Known,
): OtherPools {
  const asService = { caller: serviceCaller('cps'), request };
  return {
    roots: trust.within(request),
    revocation: revocation.within(request),

    async vehicle(pcid, namespace) {
      const { provisioningCertificate } = await graph.query(VehicleDocument, { pcid, namespace }, asService);
      if (provisioningCertificate == null) return undefined;
      return {
        certificate: parseCertificate(provisioningCertificate.certificate.pem),
        contractEpoch: provisioningCertificate.contractEpoch,
        v2gRootKeyIdentifiers: provisioningCertificate.v2gRootAuthorityKeyIdentifiers,
      };
    },

    async heldContract(emaid) {
      const { contract } = await graph.query(HeldContractDocument, { emaid }, asService);
      if (contract == null) return undefined;
      return {
        pcid: contract.pcid,
        signedData: contract.signedData.flatMap(({ namespace, exi }) =>
          exi == null ? [] : [{ namespace, exi: Buffer.from(exi, 'base64') }],
        ),
      };
    },

    async publishContract(signedContractData, pcid, condition) {
      const { publishContract } = await graph.query(
        PublishContractDocument,
        {
          input: {
            signedContractData: base64(signedContractData),
            pcid,
            ...('replaces' in condition ? { replaces: base64(condition.replaces) } : condition),
          },
        },
        { caller: writer, request },
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

const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
