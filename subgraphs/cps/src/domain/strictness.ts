import type { ProfileStrictness } from '@chargegraph/pki';

/** What the installation refuses instead of warning of it. */
export interface Strictness {
  /** What certificates of the field depart from the profile in. */
  readonly profile: ProfileStrictness;
  /** A wrong check digit (ISO 15118-2 annex H). */
  readonly emaidCheckDigit: 'lenient' | 'strict';
}

/** Refuses what has to be refused and warns of the rest. */
export const lenient: Strictness = { profile: 'lenient', emaidCheckDigit: 'lenient' };
