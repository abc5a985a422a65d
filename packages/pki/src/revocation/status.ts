import type { Certificate } from '../certificate.ts';

/** What is known of a certificate's revocation. */
export const revocationStates = [
  /** Not revoked, says its CA. */
  'GOOD',
  /** Revoked, or put on hold. */
  'REVOKED',
  /** The certificate names sources and none of them gave a verdict. */
  'UNKNOWN',
  /** The certificate names no source at all. */
  'NOT_CHECKED',
] as const;

/** One of {@link revocationStates}. */
export type RevocationState = (typeof revocationStates)[number];

/** Where a verdict comes from. */
export const revocationSources = ['OCSP', 'CRL', 'NONE'] as const;

/** One of {@link revocationSources}. */
export type RevocationSource = (typeof revocationSources)[number];

/** Why a certificate was revoked, in the order and spelling of RFC 5280 clause 5.3.1; 7 is not used there. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** One of {@link revocationReasons}. */
export type RevocationReason = (typeof revocationReasons)[number];

/** What was found out about one certificate. */
export interface RevocationStatus {
  readonly status: RevocationState;
  /** `NONE` when there is no verdict (UNKNOWN, NOT_CHECKED). */
  readonly source: RevocationSource;
  /** When it was found out. */
  readonly checkedAt: Date;
  /** Until when there is no need to ask again. A revocation that is no hold stands beyond it. */
  readonly validUntil: Date;
  /** The source's own `thisUpdate`: the instant at which it knew this. Only with a verdict. */
  readonly thisUpdate?: Date;
  /** Where the verdict comes from; of an UNKNOWN the address asked last. */
  readonly url?: string;
  /** Only of REVOKED. */
  readonly revokedAt?: Date;
  /** Only of REVOKED, if the source names one. `certificateHold` may be taken back. */
  readonly reason?: RevocationReason;
  /** One sentence for people. */
  readonly detail: string;
}

/** Whether a certificate says where its CA can be asked. */
export function namesSource({ ocspUrls, crlUrls }: Certificate): boolean {
  return ocspUrls.length > 0 || crlUrls.length > 0;
}

/** The detail of NOT_CHECKED. */
export const namesNoSource = 'The certificate names neither an OCSP responder nor a CRL.';

/** How a check may be cut short. */
export interface CheckOptions {
  /** Ends the wait, not what is under way for others: the answer is UNKNOWN then. */
  readonly signal?: AbortSignal | undefined;
  /** Verdicts and CRLs in memory that end before this instant are asked for anew; now unless given. */
  readonly validBeyond?: Date | undefined;
  /**
   * For going through many certificates: CRLs are asked before responders, since one serves many, and memory is left to
   * the certificates that are in use.
   */
  readonly inPassing?: boolean | undefined;
}

/** True for a revocation that is never taken back (RFC 5280 clause 5.3.1): any but a hold. */
export function isFinal({ status, reason }: Pick<RevocationStatus, 'status' | 'reason'>): boolean {
  return status === 'REVOKED' && reason !== 'certificateHold';
}

/** Asks a certificate's CA whether it is revoked. */
export interface RevocationChecker {
  /**
   * Asks the OCSP responders that the certificate names, then its CRLs, until one gives a verdict. Kept verdicts are
   * given without asking. Never rejects for what the network or the other side does.
   *
   * @param issuer the certificate that `certificate` was verified with
   */
  check(certificate: Certificate, issuer: Certificate, options?: CheckOptions): Promise<RevocationStatus>;
  /** Ends what is under way; checks from then on are UNKNOWN. */
  close(): void;
}
