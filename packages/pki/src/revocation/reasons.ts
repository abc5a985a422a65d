import type { RevocationReason } from './status.ts';

/** CRLReason (RFC 5280 clause 5.3.1) by number. */
const byNumber: Readonly<Record<number, RevocationReason>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};

/** The name of a reason; undefined for a number that has none. */
export function reasonName(number: number | undefined): RevocationReason | undefined {
  return number === undefined ? undefined : byNumber[number];
}
