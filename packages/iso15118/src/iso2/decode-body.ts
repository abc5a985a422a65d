import type { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { readInteger } from '../exi/integer.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { readText } from '../exi/text.ts';
import { iso2ResponseCodes, type Iso2ResponseCode } from './codes.ts';
import { decodeCertificateChain, decodeRootCertificateIds } from './decode-types.ts';
import { RESPONSE_CODE_BITS } from './event-codes.ts';
import { ISO2_LIMITS } from './limits.ts';
import type {
  CertificateInstallationReq,
  CertificateInstallationRes,
  CertificateResponseFields,
  CertificateUpdateReq,
  CertificateUpdateRes,
  IdentifiedBinary,
  IdentifiedText,
} from './model.ts';

/** The content of the element, its END included; so do the others here. */
export function decodeCertificateInstallationReq(reader: BitReader): CertificateInstallationReq {
  const id = readId(reader, 'CertificateInstallationReq Id');
  reader.zeros(2, 'OEMProvisioningCert');
  const oemProvisioningCert = reader.binary(ISO2_LIMITS.certificate, 'OEMProvisioningCert');
  reader.zeros(2, 'ListOfRootCertificateIDs');
  const listOfRootCertificateIDs = decodeRootCertificateIds(reader);
  reader.zeros(1, 'the end of CertificateInstallationReq');
  return { type: 'CertificateInstallationReq', id, oemProvisioningCert, listOfRootCertificateIDs };
}

export function decodeCertificateUpdateReq(reader: BitReader): CertificateUpdateReq {
  const id = readId(reader, 'CertificateUpdateReq Id');
  reader.zeros(1, 'ContractSignatureCertChain');
  const contractSignatureCertChain = decodeCertificateChain(reader);
  reader.zeros(2, 'eMAID');
  const emaid = readText(reader, UNBOUNDED, 'eMAID');
  reader.zeros(2, 'ListOfRootCertificateIDs');
  const listOfRootCertificateIDs = decodeRootCertificateIds(reader);
  reader.zeros(1, 'the end of CertificateUpdateReq');
  return { type: 'CertificateUpdateReq', id, contractSignatureCertChain, emaid, listOfRootCertificateIDs };
}

export function decodeCertificateInstallationRes(reader: BitReader): CertificateInstallationRes {
  const fields = decodeResponseFields(reader);
  reader.zeros(1, 'the end of CertificateInstallationRes');
  return { type: 'CertificateInstallationRes', ...fields };
}

export function decodeCertificateUpdateRes(reader: BitReader): CertificateUpdateRes {
  const fields = decodeResponseFields(reader);
  if (reader.event(2, 2, 'CertificateUpdateRes') === 1) return { type: 'CertificateUpdateRes', ...fields };
  reader.zeros(1, 'RetryCounter');
  const start = reader.bit;
  const retryCounter = Number(readInteger(reader, 'RetryCounter'));
  if (retryCounter < ISO2_LIMITS.retryCounterMin || retryCounter > ISO2_LIMITS.retryCounterMax) {
    throw new ExiError('INTEGER_RANGE', start, 'RetryCounter does not fit 16 bits');
  }
  reader.zeros(2, 'the end of CertificateUpdateRes');
  return { type: 'CertificateUpdateRes', ...fields, retryCounter };
}

function decodeResponseFields(reader: BitReader): CertificateResponseFields {
  const responseCode = readResponseCode(reader);
  reader.zeros(1, 'SAProvisioningCertificateChain');
  const saProvisioningCertificateChain = decodeCertificateChain(reader);
  reader.zeros(1, 'ContractSignatureCertChain');
  const contractSignatureCertChain = decodeCertificateChain(reader);
  reader.zeros(1, 'ContractSignatureEncryptedPrivateKey');
  const contractSignatureEncryptedPrivateKey = readIdentifiedBinary(
    reader,
    'ContractSignatureEncryptedPrivateKey',
  );
  reader.zeros(1, 'DHpublickey');
  const dhPublicKey = readIdentifiedBinary(reader, 'DHpublickey');
  reader.zeros(1, 'eMAID');
  const emaid = readIdentifiedText(reader, 'eMAID');
  return {
    responseCode,
    saProvisioningCertificateChain,
    contractSignatureCertChain,
    contractSignatureEncryptedPrivateKey,
    dhPublicKey,
    emaid,
  };
}

function readResponseCode(reader: BitReader): Iso2ResponseCode {
  reader.zeros(2, 'ResponseCode');
  const start = reader.bit;
  const responseCode = iso2ResponseCodes[reader.bits(RESPONSE_CODE_BITS, 'ResponseCode')];
  if (responseCode === undefined) throw new ExiError('ENUMERATION', start, 'ResponseCode is out of range');
  reader.zeros(1, 'the end of ResponseCode');
  return responseCode;
}

function readIdentifiedBinary(reader: BitReader, what: string): IdentifiedBinary {
  const id = readId(reader, what);
  reader.zeros(1, what);
  const value = reader.binary(UNBOUNDED, what);
  reader.zeros(1, what);
  return { id, value };
}

function readIdentifiedText(reader: BitReader, what: string): IdentifiedText {
  const id = readId(reader, what);
  reader.zeros(1, what);
  const value = readText(reader, UNBOUNDED, what);
  reader.zeros(1, what);
  return { id, value };
}

function readId(reader: BitReader, what: string): string {
  reader.zeros(1, what);
  return readText(reader, UNBOUNDED, what);
}
