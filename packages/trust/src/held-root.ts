import { checkValidity, verifyChain, type Certificate } from '@chargegraph/pki';

/** A chain as it was verified once, without its root. */
export interface StoredChain {
  readonly leaf: Certificate;
  /** In any order. */
  readonly subCas: readonly Certificate[];
}

/** The root that a chain ends at, or in a sentence why there is none. */
export type HeldRoot =
  | {
      readonly root: Certificate;
      /** The chain in order, leaf first and root last. */
      readonly path: readonly Certificate[];
      readonly failure?: never;
    }
  | { readonly root?: never; readonly path?: never; readonly failure: string };

/**
 * Finds the held root that a stored chain ends at: the one it was verified with, or another certificate of the same
 * name and key, as a renewed root is. One within its dates goes before one that is not, then the preferred one, then
 * the one that ends last. Says nothing about dates as of now: names, keys, constraints and signatures are verified as
 * of a moment at which all CAs of the chain have begun.
 *
 * @param held the roots that such chains may end at
 * @param options.preferred fingerprints, the most preferred first
 */
export function heldRoot(
  { leaf, subCas }: StoredChain,
  held: readonly Certificate[],
  { now, preferred }: { readonly now: Date; readonly preferred: readonly string[] },
): HeldRoot {
  const rank = ({ fingerprint }: Certificate) => {
    const index = preferred.indexOf(fingerprint);
    return index < 0 ? preferred.length : index;
  };
  const candidates = held
    .filter(({ subjectKey }) => [leaf, ...subCas].some(({ issuerKey }) => issuerKey === subjectKey))
    .sort(
      (a, b) =>
        Number(isOut(a, now)) - Number(isOut(b, now)) ||
        rank(a) - rank(b) ||
        b.notAfter.getTime() - a.notAfter.getTime(),
    );
  const { issuer } = topmost(subCas) ?? leaf;
  let failure = `The root pool does not hold the root ${issuer} for such certificates any more.`;
  for (const root of candidates) {
    const begun = Math.max(...[...subCas, root].map(({ notBefore }) => notBefore.getTime()));
    const verdict = verifyChain({
      leaf,
      intermediates: subCas,
      roots: [root],
      at: new Date(begun),
      allowFutureLeaf: true,
    });
    if (verdict.valid) return { root, path: verdict.path };
    // A root of the same name with another key is another root: then the right one is not held.
    if (verdict.reason !== 'UNKNOWN_ROOT') failure = verdict.message;
  }
  return { failure };
}

/** The sub-CA that none of the others issued. */
const topmost = (subCas: readonly Certificate[]): Certificate | undefined =>
  subCas.find((ca) => !subCas.some((other) => other !== ca && other.subjectKey === ca.issuerKey));

/**
 * Roots of the same name and key in the order in which a chain that is verified as of now should try them: those
 * within their dates first.
 */
export const inDatesFirst = (roots: readonly Certificate[], now: Date): Certificate[] =>
  [...roots].sort((a, b) => Number(isOut(a, now)) - Number(isOut(b, now)));

const isOut = (root: Certificate, now: Date) => checkValidity(root, now) !== undefined;
