import type { Certificate, RevocationChecker, RevocationStatus } from '@chargegraph/pki';

/** What a pool makes of certificates without a verdict: `off` asks nobody, `soft` lets them pass, `hard` refuses. */
export const revocationPolicies = ['off', 'soft', 'hard'] as const;

/** One of {@link revocationPolicies}. */
export type RevocationPolicy = (typeof revocationPolicies)[number];

/** What a process gives its pools. */
export interface RevocationMeans {
  /** One for all pools of the process, which closes it when they have stopped. */
  readonly checker: RevocationChecker;
  readonly policy: RevocationPolicy;
}

/** What a pool knows of one certificate. */
export interface CertificateStatus extends RevocationStatus {
  /** SHA-256 of the DER octets, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/** No certificate of a path is refused. */
export interface AcceptedPath {
  readonly accepted: true;
  /** In the order of the path, without the root; empty under the policy `off`. */
  readonly statuses: readonly CertificateStatus[];
}

/** A certificate of a path is refused; if several are, the one nearest to the root that is revoked, else that has no verdict. */
export interface RefusedPath {
  readonly accepted: false;
  readonly certificate: Certificate;
  readonly status: CertificateStatus;
  /** CERTIFICATE_REVOKED or, without a verdict under `hard`, UNAVAILABLE. */
  readonly code: 'CERTIFICATE_REVOKED' | 'UNAVAILABLE';
  /** One sentence for people. */
  readonly message: string;
  /** In the order of the path, without the root. */
  readonly statuses: readonly CertificateStatus[];
}

/** What a path is worth as far as revocation goes. */
export type RevocationFinding = AcceptedPath | RefusedPath;

/** How long may be waited. */
export interface WaitOptions {
  /**
   * As a request's own: `Date.now()` milliseconds. What is not known shortly before it counts as UNKNOWN, so that the
   * request can still be answered.
   */
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A certificate with the one it was verified with. */
export interface IssuedPair {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
}

/** How {@link Revocation.refresh} goes about it. */
export interface RefreshOptions {
  /** Also renews what ends within so many milliseconds; 0 unless given. */
  readonly leadTime?: number | undefined;
  /** How many checks are under way at once; 8 unless given. */
  readonly parallel?: number | undefined;
  /**
   * For going through all that a pool holds: CRLs are asked before responders, memory keeps only revocations and what it
   * had already, and that a certificate names no source is written down too, so that it need not be read again.
   */
  readonly inPassing?: boolean | undefined;
  /** Once aborted nothing more is begun. */
  readonly signal?: AbortSignal | undefined;
}

/** What a pool knows of its certificates, within one operation and until its deadline. */
export interface OperationRevocation extends Pick<Revocation, 'policy' | 'isClear'> {
  /** As {@link Revocation.judge}. */
  judge(path: readonly Certificate[]): Promise<RevocationFinding>;
  /**
   * What is known of a certificate, for showing; undefined for what was never looked at and for what names no source.
   * Those that are asked for in one turn take one query. Asks nobody outside.
   */
  status(certificate: Certificate): Promise<CertificateStatus | undefined>;
  /** What is known of these certificates and counts in a verdict, by fingerprint: nothing under `off`. */
  counting(certificates: readonly Certificate[]): Promise<ReadonlyMap<string, CertificateStatus>>;
}

/** What a pool knows of its certificates. */
export interface Revocation {
  readonly policy: RevocationPolicy;
  /**
   * Judges a verified path, leaf first and root last. Everything below the root is looked up in memory, then in the
   * pool's table (one query), then asked for, all in parallel. REVOKED always refuses; UNKNOWN under `hard` only;
   * NOT_CHECKED never: it is the CA's choice to name no source. `off` accepts without looking.
   *
   * Not to be called inside an open transaction: it may wait for other machines.
   *
   * @throws what the database throws
   */
  judge(path: readonly Certificate[], options?: WaitOptions): Promise<RevocationFinding>;
  /**
   * Whether memory alone says that none of these certificates is refused. Under `off` none is. False says nothing: then
   * {@link judge} decides.
   */
  isClear(fingerprints: readonly string[]): boolean;
  /** The same for one operation, until its deadline. */
  within(operation: { readonly deadline: number }): OperationRevocation;
  /** What is known of these certificates, for showing: from memory, else by one query. Asks nobody outside. */
  known(fingerprints: readonly string[]): Promise<Map<string, CertificateStatus>>;
  /**
   * Asks again for those certificates whose status has ended or ends soon, whatever the policy but `off`, and returns
   * what is known of all of them by fingerprint. Meant for jobs; to be called with some hundreds at most.
   */
  refresh(pairs: readonly IssuedPair[], options?: RefreshOptions): Promise<Map<string, CertificateStatus>>;
  /**
   * Deletes what was last found out before an instant, 10,000 rows at most; revocations stay.
   *
   * @returns how many were deleted
   */
  prune(checkedBefore: Date): Promise<number>;
}
