import type { RootCertificateId } from '../iso2/model.ts';
import type { Signature } from '../xmldsig/model.ts';
import type { EcdhCurve, EncryptedKeyKind, EvseProcessing, Iso20ResponseCode } from './codes.ts';

/** One of the certificate messages of ISO 15118-20 (V2G_CI_CommonMessages.xsd); its element is the EXI root. */
export interface Iso20Message<Body extends Iso20Body = Iso20Body> {
  readonly header: Iso20Header;
  readonly body: Body;
}

/** MessageHeaderType (ISO 15118-20, V2G_CI_CommonTypes.xsd). */
export interface Iso20Header {
  /** 0 to 8 octets. */
  readonly sessionId: Uint8Array;
  /** Unsigned, 64 bits. Seconds since 1970 by the standard; systems in the field also send milliseconds. */
  readonly timeStamp: bigint;
  readonly signature?: Signature;
}

/**
 * What follows the header in a certificate message (ISO 15118-20, V2G_CI_CommonMessages.xsd); `type` tells them
 * apart.
 */
export type Iso20Body = Iso20CertificateInstallationReq | Iso20CertificateInstallationRes;

/**
 * A car asks for its contract certificates: CertificateInstallationReqType (ISO 15118-20,
 * V2G_CI_CommonMessages.xsd).
 */
export interface Iso20CertificateInstallationReq {
  readonly type: 'CertificateInstallationReq';
  /** The element that the request's signature covers. */
  readonly oemProvisioningCertificateChain: SignedCertificateChain;
  /** 1 to 20. */
  readonly listOfRootCertificateIDs: readonly RootCertificateId[];
  /** How many contracts the car can take: 0 to 255. */
  readonly maximumContractCertificateChains: number;
  /** The contracts that the car wants first: 1 to 8 when present, at most 255 characters each. */
  readonly prioritizedEMAIDs?: readonly string[];
}

/**
 * One contract certificate with its key: CertificateInstallationResType (ISO 15118-20, V2G_CI_CommonMessages.xsd).
 */
export interface Iso20CertificateInstallationRes {
  readonly type: 'CertificateInstallationRes';
  readonly responseCode: Iso20ResponseCode;
  readonly evseProcessing: EvseProcessing;
  /** The chain of the provisioning service, whose leaf signed the response. */
  readonly cpsCertificateChain: CpsCertificateChain;
  /** The element that the response's signature covers. */
  readonly signedInstallationData: SignedInstallationData;
  /** How many more contracts the car can fetch: 0 to 255. */
  readonly remainingContractCertificateChains: number;
}

/**
 * CertificateChainType (ISO 15118-20, V2G_CI_CommonMessages.xsd): without an Id, so no signature can refer to it.
 */
export interface CpsCertificateChain {
  /** The leaf: DER, at most 1600 octets. */
  readonly certificate: Uint8Array;
  /** 1 to 3 when present, the leaf's issuer first; DER, at most 1600 octets each. */
  readonly subCertificates?: readonly Uint8Array[];
}

/** SignedCertificateChainType (ISO 15118-20, V2G_CI_CommonMessages.xsd): a chain with an Id. */
export interface SignedCertificateChain extends CpsCertificateChain {
  readonly id: string;
}

/** ContractCertificateChainType (ISO 15118-20, V2G_CI_CommonMessages.xsd): here the sub-CAs are required. */
export interface ContractCertificateChain {
  /** The leaf: DER, at most 1600 octets. */
  readonly certificate: Uint8Array;
  /** 1 to 3, the leaf's issuer first; DER, at most 1600 octets each. */
  readonly subCertificates: readonly Uint8Array[];
}

/** SignedInstallationDataType (ISO 15118-20, V2G_CI_CommonMessages.xsd): what the provisioning service signs. */
export interface SignedInstallationData {
  readonly id: string;
  readonly contractCertificateChain: ContractCertificateChain;
  readonly ecdhCurve: EcdhCurve;
  /** The ephemeral public key: 133 octets on secp521r1, 57 for X448. */
  readonly dhPublicKey: Uint8Array;
  readonly encryptedPrivateKey: EncryptedPrivateKey;
}

/**
 * The contract's private key, encrypted for one car: one of the three elements of SignedInstallationDataType that
 * hold it (ISO 15118-20, V2G_CI_CommonMessages.xsd).
 */
export interface EncryptedPrivateKey {
  readonly kind: EncryptedKeyKind;
  /** 94 octets for SECP521, 84 for X448, at most 206 for TPM. */
  readonly value: Uint8Array;
}
