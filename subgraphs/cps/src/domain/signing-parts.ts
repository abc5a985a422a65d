import { ChargeGraphError } from '@chargegraph/service';
import { decideWith } from '@chargegraph/trust';
import { chooseSigners, defaultRootOf, signersInQuestion, type UsableSigners } from './choose-signer.ts';
import { notRevoked } from './not-revoked.ts';
import type { OtherPools, Vehicle } from './other-pools.ts';
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
 * Who may sign contract data for a car, or for none: nobody who is revoked.
 *
 * @throws ChargeGraphError SIGNER_UNAVAILABLE
 */
export async function usableSigners(
  signers: Pick<SignerStore, 'ofNamespace'>,
  { roots, revocation }: Pick<OtherPools, 'roots' | 'revocation'>,
  choice: {
    readonly namespace: Namespace;
    readonly now: Date;
    readonly requestedRoot: string | undefined;
    readonly vehicle: Vehicle | undefined;
  },
): Promise<UsableSigners> {
  const ofNamespace = await signers.ofNamespace(choice.namespace);
  return decideWith(roots, async (held) => {
    const candidates = signersInQuestion({
      signers: ofNamespace,
      v2gRoots: held.of('V2G'),
      now: choice.now,
      requestedRoot: choice.requestedRoot,
    });
    return chooseSigners({
      candidates: await notRevoked(candidates, revocation),
      defaultRoot: defaultRootOf(ofNamespace, held.of('V2G'), choice),
      requestedRoot: choice.requestedRoot,
      installedRoots: choice.vehicle?.v2gRootKeyIdentifiers ?? [],
    });
  });
}
