import type { Iso2ResponseCode } from './codes.ts';
import type {
  CertificateInstallationRes,
  CertificateResponseFields,
  CertificateUpdateRes,
  Iso2Header,
  Iso2Message,
  Iso2Notification,
} from './model.ts';

/** What a negative response tells (ISO 15118-2, 8.4.3 and 8.3.3). */
export interface NegativeResponse {
  /** The SessionID of the request. */
  readonly sessionId: Uint8Array;
  readonly responseCode: Iso2ResponseCode;
  readonly notification?: Iso2Notification;
}

/**
 * The unsigned CertificateInstallationRes for a car that gets no contract (ISO 15118-2, 8.4.3). The elements that
 * the schema requires hold the placeholders that systems in the field send: one octet 00, Ids and eMAID "0".
 */
export function negativeCertificateInstallationRes(
  negative: NegativeResponse,
): Iso2Message<CertificateInstallationRes> {
  return {
    header: headerOf(negative),
    body: { type: 'CertificateInstallationRes', ...placeholders(negative) },
  };
}

/**
 * The same for a CertificateUpdateReq (ISO 15118-2, 8.4.3).
 * @param negative - `retryCounter` says when the car may ask again: in so many days, 0 at the next charging, -1 never.
 */
export function negativeCertificateUpdateRes(
  negative: NegativeResponse & { readonly retryCounter?: number },
): Iso2Message<CertificateUpdateRes> {
  const { retryCounter } = negative;
  const body: CertificateUpdateRes = { type: 'CertificateUpdateRes', ...placeholders(negative) };
  return {
    header: headerOf(negative),
    body: retryCounter === undefined ? body : { ...body, retryCounter },
  };
}

function headerOf({ sessionId, notification }: NegativeResponse): Iso2Header {
  return notification === undefined ? { sessionId } : { sessionId, notification };
}

function placeholders({ responseCode }: NegativeResponse): CertificateResponseFields {
  return {
    responseCode,
    saProvisioningCertificateChain: { certificate: Uint8Array.of(0) },
    contractSignatureCertChain: { certificate: Uint8Array.of(0) },
    contractSignatureEncryptedPrivateKey: { id: '0', value: Uint8Array.of(0) },
    dhPublicKey: { id: '0', value: Uint8Array.of(0) },
    emaid: { id: '0', value: '0' },
  };
}
