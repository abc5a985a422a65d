import {
  JsonFields,
  readArray,
  readBase64,
  readDecimal,
  readHex,
  readInteger,
  readOneOf,
  readString,
} from '../json/read.ts';
import { signatureFromJson, signedInfoFromJson } from '../xmldsig/json.ts';
import { iso2FaultCodes, iso2ResponseCodes } from './codes.ts';
import type { Iso2FragmentFields, Iso2FragmentName } from './fragment.ts';
import type {
  CertificateChain,
  CertificateInstallationReq,
  CertificateResponseFields,
  CertificateUpdateReq,
  IdentifiedBinary,
  IdentifiedText,
  Iso2Body,
  Iso2Header,
  Iso2Message,
  Iso2Notification,
  RootCertificateId,
} from './model.ts';

const bodyTypes = [
  'CertificateInstallationReq',
  'CertificateInstallationRes',
  'CertificateUpdateReq',
  'CertificateUpdateRes',
] as const;

/**
 * A message of ISO 15118-2 from its JSON form, which is this package's own. Lengths and counts are left to the encoder.
 * @param value - Anything that `JSON.parse` gives.
 * @throws {@link MessageJsonError} naming the field, for anything else and for fields that no message has.
 */
export function messageFromJson(value: unknown): Iso2Message {
  const fields = new JsonFields(value, '');
  const header = fields.required('header', readHeader);
  const body = fields.required('body', readBody);
  fields.end();
  return { header, body };
}

const fragmentReaders: {
  readonly [Name in Iso2FragmentName]: (value: unknown, path: string) => Iso2FragmentFields[Name];
} = {
  CertificateInstallationReq: closed(readInstallationReq),
  CertificateUpdateReq: closed(readUpdateReq),
  ContractSignatureCertChain: readChain,
  ContractSignatureEncryptedPrivateKey: readIdentifiedBinary,
  DHpublickey: readIdentifiedBinary,
  eMAID: readIdentifiedText,
  'eMAID(strict type, libcbv2g)': readIdentifiedText,
  SignedInfo: signedInfoFromJson,
  'SignedInfo(iso2 schema)': signedInfoFromJson,
};

/**
 * The fields of a fragment (EXI 1.0, 8.5.2) from their JSON form.
 * @throws {@link MessageJsonError} naming the field.
 */
export function fragmentFieldsFromJson<Name extends Iso2FragmentName>(
  name: Name,
  value: unknown,
): Iso2FragmentFields[Name] {
  return fragmentReaders[name](value, '');
}

function readHeader(value: unknown, path: string): Iso2Header {
  const fields = new JsonFields(value, path);
  const sessionId = fields.required('sessionId', readHex);
  const notification = fields.optional('notification', readNotification);
  const signature = fields.optional('signature', signatureFromJson);
  fields.end();
  return {
    sessionId,
    ...(notification === undefined ? {} : { notification }),
    ...(signature === undefined ? {} : { signature }),
  };
}

function readNotification(value: unknown, path: string): Iso2Notification {
  const fields = new JsonFields(value, path);
  const faultCode = fields.required('faultCode', readOneOf(iso2FaultCodes));
  const faultMsg = fields.optional('faultMsg', readString);
  fields.end();
  return faultMsg === undefined ? { faultCode } : { faultCode, faultMsg };
}

function readBody(value: unknown, path: string): Iso2Body {
  const fields = new JsonFields(value, path);
  const body = readBodyFields(fields);
  fields.end();
  return body;
}

function readBodyFields(fields: JsonFields): Iso2Body {
  const type = fields.required('type', readOneOf(bodyTypes));
  switch (type) {
    case 'CertificateInstallationReq':
      return { type, ...readInstallationReq(fields) };
    case 'CertificateUpdateReq':
      return { type, ...readUpdateReq(fields) };
    case 'CertificateInstallationRes':
      return { type, ...readResponse(fields) };
    case 'CertificateUpdateRes': {
      const response = readResponse(fields);
      const retryCounter = fields.optional('retryCounter', readInteger);
      return retryCounter === undefined ? { type, ...response } : { type, ...response, retryCounter };
    }
  }
}

function readInstallationReq(fields: JsonFields): Omit<CertificateInstallationReq, 'type'> {
  return {
    id: fields.required('id', readString),
    oemProvisioningCert: fields.required('oemProvisioningCert', readBase64),
    listOfRootCertificateIDs: fields.required('listOfRootCertificateIDs', readArray(rootFromJson)),
  };
}

function readUpdateReq(fields: JsonFields): Omit<CertificateUpdateReq, 'type'> {
  return {
    id: fields.required('id', readString),
    contractSignatureCertChain: fields.required('contractSignatureCertChain', readChain),
    emaid: fields.required('emaid', readString),
    listOfRootCertificateIDs: fields.required('listOfRootCertificateIDs', readArray(rootFromJson)),
  };
}

function readResponse(fields: JsonFields): CertificateResponseFields {
  return {
    responseCode: fields.required('responseCode', readOneOf(iso2ResponseCodes)),
    saProvisioningCertificateChain: fields.required('saProvisioningCertificateChain', readChain),
    contractSignatureCertChain: fields.required('contractSignatureCertChain', readChain),
    contractSignatureEncryptedPrivateKey: fields.required(
      'contractSignatureEncryptedPrivateKey',
      readIdentifiedBinary,
    ),
    dhPublicKey: fields.required('dhPublicKey', readIdentifiedBinary),
    emaid: fields.required('emaid', readIdentifiedText),
  };
}

function readChain(value: unknown, path: string): CertificateChain {
  const fields = new JsonFields(value, path);
  const id = fields.optional('id', readString);
  const certificate = fields.required('certificate', readBase64);
  const subCertificates = fields.optional('subCertificates', readArray(readBase64));
  fields.end();
  return {
    ...(id === undefined ? {} : { id }),
    certificate,
    ...(subCertificates === undefined ? {} : { subCertificates }),
  };
}

/** One entry of ListOfRootCertificateIDs. */
export function rootFromJson(value: unknown, path: string): RootCertificateId {
  const fields = new JsonFields(value, path);
  const x509IssuerName = fields.required('x509IssuerName', readString);
  const x509SerialNumber = fields.required('x509SerialNumber', readDecimal);
  fields.end();
  return { x509IssuerName, x509SerialNumber };
}

function readIdentifiedBinary(value: unknown, path: string): IdentifiedBinary {
  const fields = new JsonFields(value, path);
  const binary = { id: fields.required('id', readString), value: fields.required('value', readBase64) };
  fields.end();
  return binary;
}

function readIdentifiedText(value: unknown, path: string): IdentifiedText {
  const fields = new JsonFields(value, path);
  const text = { id: fields.required('id', readString), value: fields.required('value', readString) };
  fields.end();
  return text;
}

/** A reader of a whole object from one of fields, which refuses the fields that are left over. */
function closed<Value>(read: (fields: JsonFields) => Value) {
  return (value: unknown, path: string): Value => {
    const fields = new JsonFields(value, path);
    const result = read(fields);
    fields.end();
    return result;
  };
}
