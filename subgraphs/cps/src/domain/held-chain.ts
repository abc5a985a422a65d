import { heldRoot } from '@chargegraph/trust';
import type { Certificate } from '@chargegraph/pki';

/** A certificate with its issuers, as it was verified once. */
interface Chained {
  readonly certificate: Certificate;
  readonly subCas: readonly Certificate[];
  readonly root: Certificate;
}

/**
 * The same under the root that the root pool holds for it now: the one it was verified with, or a renewed one of the
 * same name and key; undefined when there is none.
 *
 * @param held the roots that such a chain may end at
 * @param requested fingerprint of the root to be preferred
 */
export function underHeldRoot<T extends Chained>(
  chained: T,
  held: readonly Certificate[],
  now: Date,
  requested?: string,
): T | undefined {
  const { certificate: leaf, subCas, root: stored } = chained;
  const preferred = [...(requested === undefined ? [] : [requested]), stored.fingerprint];
  const { root } = heldRoot({ leaf, subCas }, held, { now, preferred });
  return root && { ...chained, root };
}
