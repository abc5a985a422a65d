import type { ExpiryOfKind, ExpiryQuestion } from '@chargegraph/expiry';

/** The roots by what they are roots of. */
export type RootKind = 'V2G_ROOT' | 'OEM_ROOT' | 'MO_ROOT' | 'PE_ROOT';

/** Counts the roots by their ends, one kind after another. */
export type RootExpiry = (question: ExpiryQuestion) => Promise<readonly ExpiryOfKind[]>;
