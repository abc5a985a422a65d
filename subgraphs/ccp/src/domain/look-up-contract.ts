import { parseEmaid } from '@chargegraph/iso15118';
import type { Contract, SignedContractData } from './contract.ts';
import type { VariantFilter } from './contract-store.ts';
import { mayLookUp, requireContractRights, type RightsSettings } from './rights.ts';
import type { Work } from './work.ts';

/**
 * The contract of an EMAID, if there is one that the caller may see and that has a variant of the kind that is asked
 * for. The database is asked the same in every case.
 *
 * @throws ChargeGraphError FORBIDDEN for a charge point operator where it may look up no contract
 */
export async function lookUpContract(
  { caller, store }: Work,
  settings: RightsSettings,
  emaid: string,
  only: VariantFilter,
): Promise<Contract | undefined> {
  requireContractRights(caller, settings, { isNamed: true });
  const emaidKey = parseEmaid(emaid);
  const anyWillDo = only.namespace === undefined && only.v2gRoot === undefined;
  const [contract, hasVariant] = await Promise.all([
    store.find(emaidKey),
    anyWillDo || store.hasVariant(emaidKey, only),
  ]);
  if (contract === undefined || !hasVariant) return undefined;
  return mayLookUp(caller, contract, settings) ? contract : undefined;
}

/** Whether a variant is of the kind that is asked for. */
export const isVariant = (data: SignedContractData, { namespace, v2gRoot }: VariantFilter): boolean =>
  (namespace === undefined || data.namespace === namespace) &&
  (v2gRoot === undefined || data.v2gRoot.fingerprint === v2gRoot);
