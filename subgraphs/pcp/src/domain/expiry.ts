import {
  countWithoutRoot,
  type ChainsByRoot,
  type EndCounts,
  type ExpiryOfKind,
  type ExpiryQuestion,
} from '@chargegraph/expiry';
import { heldRoot, type RootSet } from '@chargegraph/trust';
import { anchorTypes } from './chain-verdict.ts';
import type { ProvisioningCertificate } from './provisioning-certificate.ts';

/** The certificates as they are counted. */
export interface CertificateCounts extends ChainsByRoot {
  counts(question: ExpiryQuestion): Promise<EndCounts & { readonly revoked: number }>;
  /** One of the certificates under a root; undefined when the last has just gone. */
  oneUnder(root: string): Promise<ProvisioningCertificate | undefined>;
}

/**
 * Counts the pool's certificates by their ends.
 *
 * @param held undefined while it is not known which roots RCP holds
 */
export async function provisioningExpiry(
  counts: CertificateCounts,
  held: RootSet | undefined,
  question: ExpiryQuestion,
): Promise<readonly ExpiryOfKind[]> {
  const isHeld = async (root: string, known: RootSet): Promise<boolean> => {
    if (known.has(root, ...anchorTypes)) return true;
    const chain = await counts.oneUnder(root);
    const at = { now: question.now, preferred: [] };
    return chain === undefined || heldRoot(chain, known.of(...anchorTypes), at).failure === undefined;
  };
  return [
    {
      kind: 'PROVISIONING_CERTIFICATE',
      ...(await counts.counts(question)),
      invalidChain: held && (await countWithoutRoot(counts, (root) => isHeld(root, held))),
    },
  ];
}
