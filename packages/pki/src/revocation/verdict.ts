import type { RevocationReason } from './status.ts';

/** What a source says of a certificate, once it is verified. */
export interface Verdict {
  readonly status: 'GOOD' | 'REVOKED';
  readonly thisUpdate: Date;
  /** Until when the answer holds. */
  readonly holdsUntil: Date;
  readonly revokedAt?: Date;
  readonly reason?: RevocationReason;
  /** One sentence for people. */
  readonly detail: string;
}

/** What a source says of a revocation. */
export interface RevocationEntry {
  readonly revokedAt: Date;
  readonly reason: RevocationReason | undefined;
}

/**
 * The verdict over an entry, or over there being none: a revocation that lies ahead is none yet, and the verdict ends
 * when it begins.
 */
export function verdictOf(
  entry: RevocationEntry | undefined,
  answer: { readonly by: string; readonly thisUpdate: Date; readonly holdsUntil: Date },
  now: Date,
): Verdict {
  const { by, thisUpdate, holdsUntil } = answer;
  if (entry === undefined) {
    return { status: 'GOOD', thisUpdate, holdsUntil, detail: `${by} says that it is not revoked.` };
  }
  const { revokedAt, reason } = entry;
  const when = revokedAt.toISOString();
  if (revokedAt > now) {
    const detail = `${by} says that it is going to be revoked at ${when}.`;
    return {
      status: 'GOOD',
      thisUpdate,
      holdsUntil: revokedAt < holdsUntil ? revokedAt : holdsUntil,
      detail,
    };
  }
  const detail = `${by} says that it was revoked at ${when}${reason === undefined ? '' : ` (${reason})`}.`;
  return { status: 'REVOKED', thisUpdate, holdsUntil, revokedAt, ...(reason && { reason }), detail };
}
