import { UNBOUNDED } from '../exi/limits.ts';
import { iso2ResponseCodes } from '../iso2/codes.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type {
  CertificateChain,
  CertificateResponseFields,
  IdentifiedBinary,
  Iso2Body,
  RootCertificateId,
} from '../iso2/model.ts';
import { bodyNames, signatureNames, typeNames, type XmlName } from './names.ts';
import { checkCount, writeBase64, writeInteger, writeOneOf, writeText } from './write-values.ts';
import type { XmlWriter } from './writer.ts';

/** The content of Body: the element of the message with its fields. */
export function writeBody(writer: XmlWriter, body: Iso2Body): void {
  switch (body.type) {
    case 'CertificateInstallationReq':
      writer.element(bodyNames.CertificateInstallationReq, [[bodyNames.Id, body.id]], () => {
        const { oemProvisioningCert: certificate } = body;
        writeBase64(writer, bodyNames.OEMProvisioningCert, certificate, ISO2_LIMITS.certificate);
        writeRootCertificateIds(writer, body.listOfRootCertificateIDs);
      });
      return;
    case 'CertificateUpdateReq':
      writer.element(bodyNames.CertificateUpdateReq, [[bodyNames.Id, body.id]], () => {
        writeChain(writer, bodyNames.ContractSignatureCertChain, body.contractSignatureCertChain);
        writeText(writer, bodyNames.eMAID, body.emaid, ISO2_LIMITS.emaid);
        writeRootCertificateIds(writer, body.listOfRootCertificateIDs);
      });
      return;
    case 'CertificateInstallationRes':
      writer.element(bodyNames.CertificateInstallationRes, [], () => {
        writeResponseFields(writer, body);
      });
      return;
    case 'CertificateUpdateRes':
      writer.element(bodyNames.CertificateUpdateRes, [], () => {
        writeResponseFields(writer, body);
        writeRetryCounter(writer, body.retryCounter);
      });
      return;
  }
}

function writeResponseFields(writer: XmlWriter, body: CertificateResponseFields): void {
  writeOneOf(writer, bodyNames.ResponseCode, body.responseCode, iso2ResponseCodes);
  writeChain(writer, bodyNames.SAProvisioningCertificateChain, body.saProvisioningCertificateChain);
  writeChain(writer, bodyNames.ContractSignatureCertChain, body.contractSignatureCertChain);
  writeIdentifiedBinary(
    writer,
    bodyNames.ContractSignatureEncryptedPrivateKey,
    body.contractSignatureEncryptedPrivateKey,
  );
  writeIdentifiedBinary(writer, bodyNames.DHpublickey, body.dhPublicKey);
  writeText(writer, bodyNames.eMAID, body.emaid.value, ISO2_LIMITS.emaid, [[typeNames.Id, body.emaid.id]]);
}

function writeChain(writer: XmlWriter, name: XmlName, chain: CertificateChain): void {
  const { id, certificate, subCertificates } = chain;
  writer.element(name, [[typeNames.Id, id]], () => {
    writeBase64(writer, typeNames.Certificate, certificate, ISO2_LIMITS.certificate);
    if (subCertificates === undefined) return;
    writer.element(typeNames.SubCertificates, [], () => {
      checkCount(writer, subCertificates.length, ISO2_LIMITS.subCertificates);
      for (const subCertificate of subCertificates) {
        writeBase64(writer, typeNames.Certificate, subCertificate, ISO2_LIMITS.certificate);
      }
    });
  });
}

function writeIdentifiedBinary(writer: XmlWriter, name: XmlName, binary: IdentifiedBinary): void {
  writeBase64(writer, name, binary.value, UNBOUNDED, [[typeNames.Id, binary.id]]);
}

function writeRootCertificateIds(writer: XmlWriter, ids: readonly RootCertificateId[]): void {
  writer.element(bodyNames.ListOfRootCertificateIDs, [], () => {
    checkCount(writer, ids.length, ISO2_LIMITS.rootCertificateIds);
    for (const { x509IssuerName, x509SerialNumber } of ids) {
      writer.element(typeNames.RootCertificateID, [], () => {
        writer.leaf(signatureNames.X509IssuerName, x509IssuerName);
        writeInteger(writer, signatureNames.X509SerialNumber, x509SerialNumber);
      });
    }
  });
}

function writeRetryCounter(writer: XmlWriter, retryCounter: number | undefined): void {
  if (retryCounter === undefined) return;
  if (
    !Number.isInteger(retryCounter) ||
    retryCounter < ISO2_LIMITS.retryCounterMin ||
    retryCounter > ISO2_LIMITS.retryCounterMax
  ) {
    writer.refuse('INTEGER_RANGE', 'is no integer of 16 bits', bodyNames.RetryCounter);
  }
  writer.leaf(bodyNames.RetryCounter, String(retryCounter));
}
