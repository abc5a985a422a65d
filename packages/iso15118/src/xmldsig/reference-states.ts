/**
 * The optional parts before a Reference's DigestMethod, in the order of their event codes. In the state after
 * part k the productions are the later parts and DigestMethod, numbered from 0.
 */
export const REFERENCE_ID = 0;
export const REFERENCE_TYPE = 1;
export const REFERENCE_URI = 2;
export const REFERENCE_TRANSFORMS = 3;
export const REFERENCE_DIGEST_METHOD = 4;

/** Bits of the event code in a state with 5, 4, 3, 2, 1 productions and the escape. */
export const REFERENCE_CODE_BITS = [3, 3, 2, 2, 1] as const;

/** The bits of the event code in the state after `part` parts. */
export function referenceCodeBits(part: number): number {
  return REFERENCE_CODE_BITS[part] ?? 1;
}
