import { ChargeGraphError } from '@chargegraph/service';
import { chooseSigners, type UsableSigners } from './choose-signer.ts';
import type { OtherPools, TrustAnchor, Vehicle } from './other-pools.ts';
import type { Namespace, SignerStore } from './signer.ts';

/**
 * The car that contract data is for.
 *
 * @throws ChargeGraphError NOT_FOUND
 */
export async function requireVehicle(
  pools: OtherPools,
  pcid: string,
  namespace: Namespace,
): Promise<Vehicle> {
  const vehicle = await pools.vehicle(pcid, namespace);
  if (vehicle !== undefined) return vehicle;
  throw new ChargeGraphError(
    'NOT_FOUND',
    'The OEM provisioning certificate with the given PCID is not available.',
    { path: ['pcid'] },
  );
}

/**
 * Who may sign contract data for a car, or for none.
 *
 * @throws ChargeGraphError SIGNER_UNAVAILABLE
 */
export async function usableSigners(
  signers: Pick<SignerStore, 'ofNamespace'>,
  choice: {
    readonly namespace: Namespace;
    /** V2G roots among others. */
    readonly anchors: readonly TrustAnchor[];
    readonly now: Date;
    readonly requestedRoot: string | undefined;
    readonly vehicle: Vehicle | undefined;
  },
): Promise<UsableSigners> {
  return chooseSigners({
    signers: await signers.ofNamespace(choice.namespace),
    v2gRoots: v2gRootsOf(choice.anchors),
    now: choice.now,
    requestedRoot: choice.requestedRoot,
    installedRoots: choice.vehicle?.v2gRootKeyIdentifiers ?? [],
  });
}

/** Fingerprints of the V2G roots among the anchors. */
export const v2gRootsOf = (anchors: readonly TrustAnchor[]): ReadonlySet<string> =>
  new Set(anchors.filter(({ type }) => type === 'V2G').map(({ certificate }) => certificate.fingerprint));
