import type { EndCounts } from './counts.ts';

/** What is counted, and by which end: `ExpiryKind` of the schema. */
export type ExpiryKind =
  | 'V2G_ROOT'
  | 'OEM_ROOT'
  | 'MO_ROOT'
  | 'PE_ROOT'
  | 'PROVISIONING_CERTIFICATE'
  | 'CONTRACT'
  | 'CONTRACT_SIGNATURE'
  | 'CPS_SIGNER'
  | 'CONTRACT_CA';

/** The counts of one kind: `ExpiryOfKind` of the schema. */
export interface ExpiryOfKind extends EndCounts {
  readonly kind: ExpiryKind;
  /** Undefined where that is not counted. */
  readonly revoked?: number | undefined;
  /** Those under a root that RCP does not hold, nor a renewed one; undefined while that is not known. */
  readonly invalidChain?: number | undefined;
}

/** Chains by the root that they ended at when they were accepted. */
export interface ChainsByRoot {
  /** The roots, by fingerprint. */
  roots(): Promise<readonly string[]>;
  /** How many end at one of these. */
  countUnder(roots: readonly string[]): Promise<number>;
}

/**
 * Counts the chains without a root. All chains under one root share its name and key, so one of them tells for all
 * whether RCP holds it, or another certificate in its stead.
 *
 * @param isHeld whether a chain under this root, by fingerprint, ends at a root that RCP holds
 */
export async function countWithoutRoot(
  chains: ChainsByRoot,
  isHeld: (root: string) => Promise<boolean>,
): Promise<number> {
  const missing: string[] = [];
  for (const root of await chains.roots()) if (!(await isHeld(root))) missing.push(root);
  return missing.length === 0 ? 0 : await chains.countUnder(missing);
}
