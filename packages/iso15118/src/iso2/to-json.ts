import { showBase64, showHex } from '../json/show.ts';
import { signatureToJson } from '../xmldsig/json.ts';
import type {
  CertificateChainJson,
  CertificateResponseJson,
  IdentifiedValueJson,
  Iso2BodyJson,
  Iso2HeaderJson,
  Iso2MessageJson,
  RootCertificateIdJson,
} from './json-model.ts';
import type {
  CertificateChain,
  CertificateResponseFields,
  IdentifiedBinary,
  Iso2Body,
  Iso2Header,
  Iso2Message,
  RootCertificateId,
} from './model.ts';

/** The JSON form of a message (this package's own, after the elements of ISO 15118-2), for `JSON.stringify`. */
export function messageToJson(message: Iso2Message): Iso2MessageJson {
  return { header: headerToJson(message.header), body: bodyToJson(message.body) };
}

function headerToJson({ sessionId, notification, signature }: Iso2Header): Iso2HeaderJson {
  return {
    sessionId: showHex(sessionId),
    ...(notification === undefined ? {} : { notification: { ...notification } }),
    ...(signature === undefined ? {} : { signature: signatureToJson(signature) }),
  };
}

function bodyToJson(body: Iso2Body): Iso2BodyJson {
  switch (body.type) {
    case 'CertificateInstallationReq':
      return {
        type: body.type,
        id: body.id,
        oemProvisioningCert: showBase64(body.oemProvisioningCert),
        listOfRootCertificateIDs: body.listOfRootCertificateIDs.map(rootToJson),
      };
    case 'CertificateUpdateReq':
      return {
        type: body.type,
        id: body.id,
        contractSignatureCertChain: chainToJson(body.contractSignatureCertChain),
        emaid: body.emaid,
        listOfRootCertificateIDs: body.listOfRootCertificateIDs.map(rootToJson),
      };
    case 'CertificateInstallationRes':
      return { type: body.type, ...responseToJson(body) };
    case 'CertificateUpdateRes':
      return {
        type: body.type,
        ...responseToJson(body),
        ...(body.retryCounter === undefined ? {} : { retryCounter: body.retryCounter }),
      };
  }
}

function responseToJson(body: CertificateResponseFields): CertificateResponseJson {
  return {
    responseCode: body.responseCode,
    saProvisioningCertificateChain: chainToJson(body.saProvisioningCertificateChain),
    contractSignatureCertChain: chainToJson(body.contractSignatureCertChain),
    contractSignatureEncryptedPrivateKey: binaryToJson(body.contractSignatureEncryptedPrivateKey),
    dhPublicKey: binaryToJson(body.dhPublicKey),
    emaid: { ...body.emaid },
  };
}

function chainToJson({ id, certificate, subCertificates }: CertificateChain): CertificateChainJson {
  return {
    ...(id === undefined ? {} : { id }),
    certificate: showBase64(certificate),
    ...(subCertificates === undefined ? {} : { subCertificates: subCertificates.map(showBase64) }),
  };
}

function binaryToJson({ id, value }: IdentifiedBinary): IdentifiedValueJson {
  return { id, value: showBase64(value) };
}

function rootToJson({ x509IssuerName, x509SerialNumber }: RootCertificateId): RootCertificateIdJson {
  return { x509IssuerName, x509SerialNumber: x509SerialNumber.toString() };
}
