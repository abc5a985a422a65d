import type { Iso20ResponseCode, Iso2ResponseCode } from '@chargegraph/iso15118';

/** What became of a request that got no contract, as the schema's `InstallationOutcome` names it. */
export type Refusal = 'NO_CONTRACT' | 'SIGNATURE_ERROR' | 'CHAIN_ERROR' | 'EXPIRED' | 'REVOKED';

/** Why a car gets no contract, finer than the outcome: the two editions tell it apart differently. */
export type RefusalCause =
  /** The car is unknown, or nothing was ever stored for it. */
  | 'UNKNOWN'
  /** There is something for the car, and none of it can be given now. */
  | 'UNAVAILABLE'
  | 'SIGNATURE'
  | 'CHAIN'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'REVOKED';

/** A refusal with its reason, one sentence. */
export interface Refused {
  readonly cause: RefusalCause;
  readonly reason: string;
}

interface RefusalCodes {
  readonly outcome: Refusal;
  readonly iso2: Iso2ResponseCode;
  readonly iso20: Iso20ResponseCode;
}

/**
 * The response code of each refusal. The codes of ISO 15118-2 are those of its table of response codes (8.6); for a
 * certificate that has not begun it has none of its own. ISO 15118-20 has codes for what is wrong with a certificate
 * only as warnings, and among the failures only that of the signature (responseCodeType, V2G_CI_CommonTypes.xsd).
 */
export const refusalCodes: Readonly<Record<RefusalCause, RefusalCodes>> = {
  UNKNOWN: {
    outcome: 'NO_CONTRACT',
    iso2: 'FAILED_NoCertificateAvailable',
    iso20: 'WARNING_NoContractMatchingPCIDFound',
  },
  UNAVAILABLE: {
    outcome: 'NO_CONTRACT',
    iso2: 'FAILED_NoCertificateAvailable',
    iso20: 'WARNING_NoCertificateAvailable',
  },
  SIGNATURE: {
    outcome: 'SIGNATURE_ERROR',
    iso2: 'FAILED_SignatureError',
    iso20: 'FAILED_SignatureError',
  },
  CHAIN: {
    outcome: 'CHAIN_ERROR',
    iso2: 'FAILED_CertChainError',
    iso20: 'WARNING_CertificateValidationError',
  },
  NOT_YET_VALID: {
    outcome: 'CHAIN_ERROR',
    iso2: 'FAILED_CertChainError',
    iso20: 'WARNING_CertificateNotYetValid',
  },
  EXPIRED: {
    outcome: 'EXPIRED',
    iso2: 'FAILED_CertificateExpired',
    iso20: 'WARNING_CertificateExpired',
  },
  REVOKED: {
    outcome: 'REVOKED',
    iso2: 'FAILED_CertificateRevoked',
    iso20: 'WARNING_CertificateRevoked',
  },
};
