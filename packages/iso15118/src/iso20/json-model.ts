import type { RootCertificateIdJson } from '../iso2/json-model.ts';
import type { SignatureJson } from '../xmldsig/json.ts';
import type { EcdhCurve, EvseProcessing, Iso20ResponseCode } from './codes.ts';

/**
 * The JSON form of a message (this package's own, after the elements of ISO 15118-20): binary in base64, SessionID
 * in upper-case hexadecimal, TimeStamp and serial numbers as strings of decimal digits, absent elements left out.
 */
export interface Iso20MessageJson {
  header: Iso20HeaderJson;
  body: Iso20BodyJson;
}

export interface Iso20HeaderJson {
  /** Upper-case hexadecimal, two digits an octet. */
  sessionId: string;
  /** Decimal digits. */
  timeStamp: string;
  signature?: SignatureJson;
}

export type Iso20BodyJson = Iso20CertificateInstallationReqJson | Iso20CertificateInstallationResJson;

export interface Iso20CertificateInstallationReqJson {
  type: 'CertificateInstallationReq';
  oemProvisioningCertificateChain: SignedCertificateChainJson;
  listOfRootCertificateIDs: RootCertificateIdJson[];
  maximumContractCertificateChains: number;
  prioritizedEMAIDs?: string[];
}

export interface Iso20CertificateInstallationResJson {
  type: 'CertificateInstallationRes';
  responseCode: Iso20ResponseCode;
  evseProcessing: EvseProcessing;
  cpsCertificateChain: CpsCertificateChainJson;
  signedInstallationData: SignedInstallationDataJson;
  remainingContractCertificateChains: number;
}

export interface CpsCertificateChainJson {
  certificate: string;
  subCertificates?: string[];
}

export interface SignedCertificateChainJson extends CpsCertificateChainJson {
  id: string;
}

/** Of the three encrypted keys exactly one is there. */
export interface SignedInstallationDataJson {
  id: string;
  contractCertificateChain: { certificate: string; subCertificates: string[] };
  ecdhCurve: EcdhCurve;
  dhPublicKey: string;
  secp521EncryptedPrivateKey?: string;
  x448EncryptedPrivateKey?: string;
  tpmEncryptedPrivateKey?: string;
}

/** The JSON field of an encrypted key, by its kind. */
export const encryptedKeyFields = {
  SECP521: 'secp521EncryptedPrivateKey',
  X448: 'x448EncryptedPrivateKey',
  TPM: 'tpmEncryptedPrivateKey',
} as const;
