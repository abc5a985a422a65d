import type { Signature } from '../xmldsig/model.ts';
import type { Iso2FaultCode, Iso2ResponseCode } from './codes.ts';

/** A V2G_Message with one of the certificate messages of ISO 15118-2 in its body (8.3.2). */
export interface Iso2Message<Body extends Iso2Body = Iso2Body> {
  readonly header: Iso2Header;
  readonly body: Body;
}

/** MessageHeaderType (ISO 15118-2, 8.3.3). */
export interface Iso2Header {
  /** 0 to 8 octets. */
  readonly sessionId: Uint8Array;
  readonly notification?: Iso2Notification;
  readonly signature?: Signature;
}

/** NotificationType (ISO 15118-2, 8.5.2). */
export interface Iso2Notification {
  readonly faultCode: Iso2FaultCode;
  /** At most 64 characters. */
  readonly faultMsg?: string;
}

/** The bodies of Plug & Charge certificate handling (ISO 15118-2, 8.4.3); `type` tells them apart. */
export type Iso2Body =
  CertificateInstallationReq | CertificateInstallationRes | CertificateUpdateReq | CertificateUpdateRes;

/** A car asks for its contract certificate (ISO 15118-2, 8.4.3). */
export interface CertificateInstallationReq {
  readonly type: 'CertificateInstallationReq';
  readonly id: string;
  /** DER, at most 800 octets. */
  readonly oemProvisioningCert: Uint8Array;
  /** 1 to 20. */
  readonly listOfRootCertificateIDs: readonly RootCertificateId[];
}

/** A car asks for the renewal of its contract certificate (ISO 15118-2, 8.4.3). */
export interface CertificateUpdateReq {
  readonly type: 'CertificateUpdateReq';
  readonly id: string;
  readonly contractSignatureCertChain: CertificateChain;
  readonly emaid: string;
  /** 1 to 20. */
  readonly listOfRootCertificateIDs: readonly RootCertificateId[];
}

/** What both responses hold (ISO 15118-2, 8.4.3). The four elements with an id are those that the signature covers. */
export interface CertificateResponseFields {
  readonly responseCode: Iso2ResponseCode;
  readonly saProvisioningCertificateChain: CertificateChain;
  readonly contractSignatureCertChain: CertificateChain;
  /** Value: an initialisation vector and the encrypted key, 48 octets for P-256. */
  readonly contractSignatureEncryptedPrivateKey: IdentifiedBinary;
  /** Value: an uncompressed point, 65 octets for P-256. */
  readonly dhPublicKey: IdentifiedBinary;
  readonly emaid: IdentifiedText;
}

/** The contract certificate with its key (ISO 15118-2, 8.4.3). */
export interface CertificateInstallationRes extends CertificateResponseFields {
  readonly type: 'CertificateInstallationRes';
}

/** The renewed contract certificate with its key (ISO 15118-2, 8.4.3). */
export interface CertificateUpdateRes extends CertificateResponseFields {
  readonly type: 'CertificateUpdateRes';
  /** Days until the car may try again; -1 for never. A 16-bit signed integer. */
  readonly retryCounter?: number;
}

/** CertificateChainType (ISO 15118-2, 8.5.2). */
export interface CertificateChain {
  readonly id?: string;
  /** The leaf: DER, at most 800 octets. */
  readonly certificate: Uint8Array;
  /** 1 to 4 when present, the leaf's issuer first; DER, at most 800 octets each. */
  readonly subCertificates?: readonly Uint8Array[];
}

/** X509IssuerSerialType: the name and number of a root certificate (ISO 15118-2, 8.5.2). */
export interface RootCertificateId {
  readonly x509IssuerName: string;
  readonly x509SerialNumber: bigint;
}

/** A binary with an Id attribute, which a signature can refer to (ISO 15118-2, V2G_CI_MsgDataTypes.xsd). */
export interface IdentifiedBinary {
  readonly id: string;
  readonly value: Uint8Array;
}

/** A string with an Id attribute: EMAIDType (ISO 15118-2, V2G_CI_MsgDataTypes.xsd). */
export interface IdentifiedText {
  readonly id: string;
  readonly value: string;
}
