import { rootFromJson } from '../iso2/from-json.ts';
import { MessageJsonError } from '../json/error.ts';
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
import { ecdhCurves, encryptedKeyKinds, evseProcessings, iso20ResponseCodes } from './codes.ts';
import type { Iso20FragmentFields, Iso20FragmentName } from './fragment.ts';
import { encryptedKeyFields } from './json-model.ts';
import type {
  ContractCertificateChain,
  CpsCertificateChain,
  EncryptedPrivateKey,
  Iso20Body,
  Iso20CertificateInstallationReq,
  Iso20CertificateInstallationRes,
  Iso20Header,
  Iso20Message,
  SignedCertificateChain,
  SignedInstallationData,
} from './model.ts';

const bodyTypes = ['CertificateInstallationReq', 'CertificateInstallationRes'] as const;

/**
 * A message of ISO 15118-20 from its JSON form, which is this package's own. Lengths, counts and ranges are left to
 * the encoder.
 * @param value - Anything that `JSON.parse` gives.
 * @throws {@link MessageJsonError} naming the field, for anything else and for fields that no message has.
 */
export function iso20MessageFromJson(value: unknown): Iso20Message {
  const fields = new JsonFields(value, '');
  const header = fields.required('header', readHeader);
  const body = fields.required('body', readBody);
  fields.end();
  return { header, body };
}

const fragmentReaders: {
  readonly [Name in Iso20FragmentName]: (value: unknown, path: string) => Iso20FragmentFields[Name];
} = {
  OEMProvisioningCertificateChain: readSignedChain,
  SignedInstallationData: readInstallationData,
  SignedInfo: signedInfoFromJson,
  'SignedInfo(iso20 schema)': signedInfoFromJson,
};

/**
 * The fields of a fragment (EXI 1.0, 8.5.2) from their JSON form.
 * @throws {@link MessageJsonError} naming the field.
 */
export function iso20FragmentFieldsFromJson<Name extends Iso20FragmentName>(
  name: Name,
  value: unknown,
): Iso20FragmentFields[Name] {
  return fragmentReaders[name](value, '');
}

function readHeader(value: unknown, path: string): Iso20Header {
  const fields = new JsonFields(value, path);
  const sessionId = fields.required('sessionId', readHex);
  const timeStamp = fields.required('timeStamp', readDecimal);
  const signature = fields.optional('signature', signatureFromJson);
  fields.end();
  return signature === undefined ? { sessionId, timeStamp } : { sessionId, timeStamp, signature };
}

function readBody(value: unknown, path: string): Iso20Body {
  const fields = new JsonFields(value, path);
  const type = fields.required('type', readOneOf(bodyTypes));
  const body = type === 'CertificateInstallationReq' ? readRequest(fields) : readResponse(fields);
  fields.end();
  return body;
}

function readRequest(fields: JsonFields): Iso20CertificateInstallationReq {
  const request = {
    type: 'CertificateInstallationReq',
    oemProvisioningCertificateChain: fields.required('oemProvisioningCertificateChain', readSignedChain),
    listOfRootCertificateIDs: fields.required('listOfRootCertificateIDs', readArray(rootFromJson)),
    maximumContractCertificateChains: fields.required('maximumContractCertificateChains', readInteger),
  } as const;
  const prioritizedEMAIDs = fields.optional('prioritizedEMAIDs', readArray(readString));
  return prioritizedEMAIDs === undefined ? request : { ...request, prioritizedEMAIDs };
}

function readResponse(fields: JsonFields): Iso20CertificateInstallationRes {
  return {
    type: 'CertificateInstallationRes',
    responseCode: fields.required('responseCode', readOneOf(iso20ResponseCodes)),
    evseProcessing: fields.required('evseProcessing', readOneOf(evseProcessings)),
    cpsCertificateChain: fields.required('cpsCertificateChain', readCpsChain),
    signedInstallationData: fields.required('signedInstallationData', readInstallationData),
    remainingContractCertificateChains: fields.required('remainingContractCertificateChains', readInteger),
  };
}

function readInstallationData(value: unknown, path: string): SignedInstallationData {
  const fields = new JsonFields(value, path);
  const data = {
    id: fields.required('id', readString),
    contractCertificateChain: fields.required('contractCertificateChain', readContractChain),
    ecdhCurve: fields.required('ecdhCurve', readOneOf(ecdhCurves)),
    dhPublicKey: fields.required('dhPublicKey', readBase64),
    encryptedPrivateKey: readEncryptedKey(fields),
  };
  fields.end();
  return data;
}

function readEncryptedKey(fields: JsonFields): EncryptedPrivateKey {
  const found: EncryptedPrivateKey[] = [];
  for (const kind of encryptedKeyKinds) {
    const value = fields.optional(encryptedKeyFields[kind], readBase64);
    if (value !== undefined) found.push({ kind, value });
  }
  const [key] = found;
  if (key !== undefined && found.length === 1) return key;
  const names = Object.values(encryptedKeyFields).join(', ');
  throw new MessageJsonError(fields.path, `must have exactly one of ${names}`);
}

function readCpsChain(value: unknown, path: string): CpsCertificateChain {
  const fields = new JsonFields(value, path);
  const chain = readChainFields(fields);
  fields.end();
  return chain;
}

function readSignedChain(value: unknown, path: string): SignedCertificateChain {
  const fields = new JsonFields(value, path);
  const chain = { id: fields.required('id', readString), ...readChainFields(fields) };
  fields.end();
  return chain;
}

function readContractChain(value: unknown, path: string): ContractCertificateChain {
  const fields = new JsonFields(value, path);
  const chain = {
    certificate: fields.required('certificate', readBase64),
    subCertificates: fields.required('subCertificates', readArray(readBase64)),
  };
  fields.end();
  return chain;
}

function readChainFields(fields: JsonFields): CpsCertificateChain {
  const certificate = fields.required('certificate', readBase64);
  const subCertificates = fields.optional('subCertificates', readArray(readBase64));
  return subCertificates === undefined ? { certificate } : { certificate, subCertificates };
}
