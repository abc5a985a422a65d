import { UNBOUNDED } from '../exi/limits.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type { CertificateChain, IdentifiedBinary, IdentifiedText, RootCertificateId } from '../iso2/model.ts';
import type { XmlElement } from './document.ts';
import { ElementReader } from './element-reader.ts';
import { signatureNames, typeNames } from './names.ts';
import { base64Of, readBase64UpTo, readInteger, readText } from './values.ts';

const readCertificate = readBase64UpTo(ISO2_LIMITS.certificate);

/** CertificateChainType (ISO 15118-2, 8.5.2); so do the others here read the types of the fields. */
export function readCertificateChain(element: XmlElement): CertificateChain {
  const reader = new ElementReader(element);
  const id = reader.optionalAttribute(typeNames.Id);
  const certificate = reader.required(typeNames.Certificate, readCertificate);
  const subCertificates = reader.optional(typeNames.SubCertificates, readSubCertificates);
  reader.end();
  return {
    ...(id === undefined ? {} : { id }),
    certificate,
    ...(subCertificates === undefined ? {} : { subCertificates }),
  };
}

function readSubCertificates(element: XmlElement): Uint8Array[] {
  const reader = new ElementReader(element);
  const certificates = reader.repeated(typeNames.Certificate, ISO2_LIMITS.subCertificates, readCertificate);
  reader.end();
  return certificates;
}

export function readRootCertificateIds(element: XmlElement): RootCertificateId[] {
  const reader = new ElementReader(element);
  const ids = reader.repeated(
    typeNames.RootCertificateID,
    ISO2_LIMITS.rootCertificateIds,
    readRootCertificateId,
  );
  reader.end();
  return ids;
}

function readRootCertificateId(element: XmlElement): RootCertificateId {
  const reader = new ElementReader(element);
  const x509IssuerName = reader.required(signatureNames.X509IssuerName, readText);
  const x509SerialNumber = reader.required(signatureNames.X509SerialNumber, readInteger);
  reader.end();
  return { x509IssuerName, x509SerialNumber };
}

export function readIdentifiedBinary(element: XmlElement): IdentifiedBinary {
  const reader = new ElementReader(element);
  const id = reader.requiredAttribute(typeNames.Id);
  return { id, value: base64Of(element, reader.text(), UNBOUNDED) };
}

export function readIdentifiedText(element: XmlElement): IdentifiedText {
  const reader = new ElementReader(element);
  const id = reader.requiredAttribute(typeNames.Id);
  return { id, value: reader.text() };
}
