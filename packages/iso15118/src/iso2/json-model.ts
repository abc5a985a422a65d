import type { SignatureJson } from '../xmldsig/json.ts';
import type { Iso2FaultCode, Iso2ResponseCode } from './codes.ts';

/**
 * The JSON form of a message: binary in base64, SessionID in upper-case hexadecimal, serial numbers as strings of
 * decimal digits, absent elements left out.
 */
export interface Iso2MessageJson {
  header: Iso2HeaderJson;
  body: Iso2BodyJson;
}

export interface Iso2HeaderJson {
  /** Upper-case hexadecimal, two digits an octet. */
  sessionId: string;
  notification?: { faultCode: Iso2FaultCode; faultMsg?: string };
  signature?: SignatureJson;
}

export type Iso2BodyJson =
  | ({ type: 'CertificateInstallationReq' } & CertificateInstallationReqJson)
  | ({ type: 'CertificateUpdateReq' } & CertificateUpdateReqJson)
  | ({ type: 'CertificateInstallationRes' } & CertificateResponseJson)
  | ({ type: 'CertificateUpdateRes'; retryCounter?: number } & CertificateResponseJson);

export interface CertificateInstallationReqJson {
  id: string;
  oemProvisioningCert: string;
  listOfRootCertificateIDs: RootCertificateIdJson[];
}

export interface CertificateUpdateReqJson {
  id: string;
  contractSignatureCertChain: CertificateChainJson;
  emaid: string;
  listOfRootCertificateIDs: RootCertificateIdJson[];
}

export interface CertificateResponseJson {
  responseCode: Iso2ResponseCode;
  saProvisioningCertificateChain: CertificateChainJson;
  contractSignatureCertChain: CertificateChainJson;
  contractSignatureEncryptedPrivateKey: IdentifiedValueJson;
  dhPublicKey: IdentifiedValueJson;
  emaid: IdentifiedValueJson;
}

export interface CertificateChainJson {
  id?: string;
  certificate: string;
  subCertificates?: string[];
}

export interface RootCertificateIdJson {
  x509IssuerName: string;
  /** Decimal digits. */
  x509SerialNumber: string;
}

/** Base64 for a binary. */
export interface IdentifiedValueJson {
  id: string;
  value: string;
}
