/** Why a contract certificate is to be revoked: what removed its data. */
export type RevocationCause = 'DELETED' | 'PROV_CERT_UPDATED' | 'PROV_CERT_DELETED' | 'FACTORY_RESET';

/**
 * A contract certificate whose data is gone and that is to be revoked. This pool does not know who issued it: the
 * provisioning service reads these and revokes what its own CAs issued.
 */
export interface RevocationRequest {
  /** SHA-256 of the contract certificate. */
  readonly contractFingerprint: string;
  /** As it was signed. */
  readonly emaid: string;
  readonly cause: RevocationCause;
  readonly requestedAt: Date;
  /** When the certificate ends; undefined when that was not noted yet. */
  readonly notAfter: Date | undefined;
}

/** A page that is wanted. */
export interface RequestPage {
  readonly limit: number;
  /** Sort key of the request to start behind. */
  readonly from: readonly string[] | undefined;
}

/** Where the pool keeps what it asked to be revoked. */
export interface RevocationRequests {
  /** One row more than the page's limit, when there is one; in the order of `requestedAt`, then of the fingerprint. */
  page(since: Date, page: RequestPage): Promise<RevocationRequest[]>;
  count(since: Date): Promise<number>;
}

/** By what the list is ordered. */
export const revocationRequestSortKey = (request: RevocationRequest): readonly string[] => [
  request.requestedAt.toISOString(),
  request.contractFingerprint,
];
