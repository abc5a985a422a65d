import type { Act } from '@chargegraph/audit';
import type { Certificate, RevocationReason } from '@chargegraph/pki';
import type { SignerKey } from './signer.ts';

/** The reasons that a contract certificate can be revoked for: those of an end entity that are never taken back. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const satisfies readonly RevocationReason[];

/** One of them. */
export type ContractRevocationReason = (typeof revocationReasons)[number];

/** That a contract certificate be revoked. */
export interface Revocation {
  /** SHA-256 of the contract certificate. */
  readonly fingerprint: string;
  readonly at: Date;
  readonly reason: ContractRevocationReason;
}

/** A contract certificate of one of our CAs that is revoked. */
export interface RevokedCertificate {
  readonly certificate: Certificate;
  readonly ca: SignerKey;
  /** As the certificate spells it. */
  readonly emaid: string;
  readonly revokedAt: Date;
  readonly reason: ContractRevocationReason;
}

/** What a CA has issued, in numbers. */
export interface IssuedCounts {
  readonly issued: number;
  readonly revoked: number;
}

/** How far the contract pool's requests were read: what was asked for before is known, but for what was under way. */
export interface RevocationPlace {
  place(): Promise<Date | undefined>;
  /** Starts from the beginning the next time. */
  forget(): Promise<void>;
}

/** Where the service keeps the certificates that its CAs issued. */
export interface IssuedCertificateStore extends RevocationPlace {
  /**
   * Revokes certificates in one unit; those that are revoked stay as they are, those that our CAs did not issue are
   * passed over. Each change is recorded, and makes the list of its CA out of date.
   *
   * @param place how far the requests were read with these, in the same unit; it never moves back
   * @returns how many were revoked
   */
  revoke(
    revocations: readonly Revocation[],
    by: { readonly act: Act; readonly action: string; readonly now: Date },
    place?: Date,
  ): Promise<number>;
  /** A certificate of ours that is revoked; undefined for any other. */
  findRevoked(fingerprint: string): Promise<RevokedCertificate | undefined>;
  counts(ca: SignerKey): Promise<IssuedCounts>;
}
