import { showBase64, showHex } from '../json/show.ts';
import { signatureToJson } from '../xmldsig/json.ts';
import {
  encryptedKeyFields,
  type CpsCertificateChainJson,
  type Iso20BodyJson,
  type Iso20HeaderJson,
  type Iso20MessageJson,
  type SignedInstallationDataJson,
} from './json-model.ts';
import type {
  CpsCertificateChain,
  Iso20Body,
  Iso20Header,
  Iso20Message,
  SignedInstallationData,
} from './model.ts';

/** The JSON form of a message (this package's own, after the elements of ISO 15118-20), for `JSON.stringify`. */
export function iso20MessageToJson(message: Iso20Message): Iso20MessageJson {
  return { header: headerToJson(message.header), body: bodyToJson(message.body) };
}

function headerToJson({ sessionId, timeStamp, signature }: Iso20Header): Iso20HeaderJson {
  return {
    sessionId: showHex(sessionId),
    timeStamp: timeStamp.toString(),
    ...(signature === undefined ? {} : { signature: signatureToJson(signature) }),
  };
}

function bodyToJson(body: Iso20Body): Iso20BodyJson {
  switch (body.type) {
    case 'CertificateInstallationReq': {
      const { id } = body.oemProvisioningCertificateChain;
      return {
        type: body.type,
        oemProvisioningCertificateChain: { id, ...chainToJson(body.oemProvisioningCertificateChain) },
        listOfRootCertificateIDs: body.listOfRootCertificateIDs.map(
          ({ x509IssuerName, x509SerialNumber }) => ({
            x509IssuerName,
            x509SerialNumber: x509SerialNumber.toString(),
          }),
        ),
        maximumContractCertificateChains: body.maximumContractCertificateChains,
        ...(body.prioritizedEMAIDs === undefined ? {} : { prioritizedEMAIDs: [...body.prioritizedEMAIDs] }),
      };
    }
    case 'CertificateInstallationRes':
      return {
        type: body.type,
        responseCode: body.responseCode,
        evseProcessing: body.evseProcessing,
        cpsCertificateChain: chainToJson(body.cpsCertificateChain),
        signedInstallationData: dataToJson(body.signedInstallationData),
        remainingContractCertificateChains: body.remainingContractCertificateChains,
      };
  }
}

function dataToJson(data: SignedInstallationData): SignedInstallationDataJson {
  const { certificate, subCertificates } = data.contractCertificateChain;
  return {
    id: data.id,
    contractCertificateChain: {
      certificate: showBase64(certificate),
      subCertificates: subCertificates.map(showBase64),
    },
    ecdhCurve: data.ecdhCurve,
    dhPublicKey: showBase64(data.dhPublicKey),
    [encryptedKeyFields[data.encryptedPrivateKey.kind]]: showBase64(data.encryptedPrivateKey.value),
  };
}

function chainToJson({ certificate, subCertificates }: CpsCertificateChain): CpsCertificateChainJson {
  return {
    certificate: showBase64(certificate),
    ...(subCertificates === undefined ? {} : { subCertificates: subCertificates.map(showBase64) }),
  };
}
