import { iso2ResponseCodes } from '../iso2/codes.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type { CertificateResponseFields, Iso2Body } from '../iso2/model.ts';
import type { XmlElement } from './document.ts';
import { ElementReader, refuseAt } from './element-reader.ts';
import { bodyNames, XML_NAMESPACES } from './names.ts';
import {
  readCertificateChain,
  readIdentifiedBinary,
  readIdentifiedText,
  readRootCertificateIds,
} from './read-types.ts';
import { readBase64UpTo, readInteger, readOneOf, readText } from './values.ts';

const readers: Readonly<Record<Iso2Body['type'], (reader: ElementReader) => Iso2Body>> = {
  CertificateInstallationReq: (reader) => ({
    type: 'CertificateInstallationReq',
    id: reader.requiredAttribute(bodyNames.Id),
    oemProvisioningCert: reader.required(
      bodyNames.OEMProvisioningCert,
      readBase64UpTo(ISO2_LIMITS.certificate),
    ),
    listOfRootCertificateIDs: reader.required(bodyNames.ListOfRootCertificateIDs, readRootCertificateIds),
  }),
  CertificateUpdateReq: (reader) => ({
    type: 'CertificateUpdateReq',
    id: reader.requiredAttribute(bodyNames.Id),
    contractSignatureCertChain: reader.required(bodyNames.ContractSignatureCertChain, readCertificateChain),
    emaid: reader.required(bodyNames.eMAID, readText),
    listOfRootCertificateIDs: reader.required(bodyNames.ListOfRootCertificateIDs, readRootCertificateIds),
  }),
  CertificateInstallationRes: (reader) => ({
    type: 'CertificateInstallationRes',
    ...readResponseFields(reader),
  }),
  CertificateUpdateRes: (reader) => {
    const fields = readResponseFields(reader);
    const retryCounter = reader.optional(bodyNames.RetryCounter, readRetryCounter);
    return {
      type: 'CertificateUpdateRes',
      ...fields,
      ...(retryCounter === undefined ? {} : { retryCounter }),
    };
  },
};

const types = Object.keys(readers) as Iso2Body['type'][];

/** BodyType with one of the certificate messages in it (ISO 15118-2, 8.3.4). */
export function readBody(element: XmlElement): Iso2Body {
  const [message] = element.children;
  if (message === undefined) refuseAt(element, 'XML_MISSING', 'lacks a message');
  const type = types.find((candidate) => candidate === message.local);
  if (message.uri !== XML_NAMESPACES.v2gci_b || type === undefined) {
    refuseAt(message, 'UNSUPPORTED_MESSAGE', 'is not a certificate message of ISO 15118-2');
  }
  const reader = new ElementReader(element);
  const body = reader.required(bodyNames[type], (child) => {
    const fields = new ElementReader(child);
    const value = readers[type](fields);
    fields.end();
    return value;
  });
  reader.end();
  return body;
}

function readResponseFields(reader: ElementReader): CertificateResponseFields {
  return {
    responseCode: reader.required(bodyNames.ResponseCode, readOneOf(iso2ResponseCodes)),
    saProvisioningCertificateChain: reader.required(
      bodyNames.SAProvisioningCertificateChain,
      readCertificateChain,
    ),
    contractSignatureCertChain: reader.required(bodyNames.ContractSignatureCertChain, readCertificateChain),
    contractSignatureEncryptedPrivateKey: reader.required(
      bodyNames.ContractSignatureEncryptedPrivateKey,
      readIdentifiedBinary,
    ),
    dhPublicKey: reader.required(bodyNames.DHpublickey, readIdentifiedBinary),
    emaid: reader.required(bodyNames.eMAID, readIdentifiedText),
  };
}

function readRetryCounter(element: XmlElement): number {
  const value = Number(readInteger(element));
  if (value < ISO2_LIMITS.retryCounterMin || value > ISO2_LIMITS.retryCounterMax) {
    refuseAt(element, 'INTEGER_RANGE', 'does not fit 16 bits');
  }
  return value;
}
