import type { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { writeInteger } from '../exi/integer.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { writeText } from '../exi/text.ts';
import { iso2ResponseCodes } from './codes.ts';
import {
  encodeCertificateChain,
  encodeIdentifiedBinary,
  encodeIdentifiedText,
  encodeRootCertificateIds,
  writeBinary,
  writeEnumeration,
  writeId,
} from './encode-types.ts';
import { RESPONSE_CODE_BITS } from './event-codes.ts';
import { ISO2_LIMITS } from './limits.ts';
import type {
  CertificateInstallationReq,
  CertificateResponseFields,
  CertificateUpdateReq,
  Iso2Body,
} from './model.ts';

/** The content of a body's element, its END included. */
export function encodeBody(writer: BitWriter, body: Iso2Body): void {
  switch (body.type) {
    case 'CertificateInstallationReq':
      encodeCertificateInstallationReq(writer, body);
      return;
    case 'CertificateInstallationRes':
      encodeResponseFields(writer, body);
      writer.bits(0, 1);
      return;
    case 'CertificateUpdateReq':
      if (body.emaid.length > ISO2_LIMITS.emaid) tooLong(writer);
      encodeCertificateUpdateReq(writer, body);
      return;
    case 'CertificateUpdateRes':
      encodeResponseFields(writer, body);
      encodeRetryCounter(writer, body.retryCounter);
      return;
  }
}

/** The content of CertificateInstallationReq, its END included. */
export function encodeCertificateInstallationReq(
  writer: BitWriter,
  body: Omit<CertificateInstallationReq, 'type'>,
): void {
  writeId(writer, body.id, 'CertificateInstallationReq Id');
  writer.bits(0, 2);
  writeBinary(writer, body.oemProvisioningCert, ISO2_LIMITS.certificate, 'OEMProvisioningCert');
  writer.bits(0, 2);
  encodeRootCertificateIds(writer, body.listOfRootCertificateIDs);
  writer.bits(0, 1);
}

/** The content of CertificateUpdateReq, its END included; the length of eMAID is not looked at. */
export function encodeCertificateUpdateReq(
  writer: BitWriter,
  body: Omit<CertificateUpdateReq, 'type'>,
): void {
  writeId(writer, body.id, 'CertificateUpdateReq Id');
  writer.bits(0, 1);
  encodeCertificateChain(writer, body.contractSignatureCertChain);
  writer.bits(0, 2);
  writeText(writer, body.emaid, UNBOUNDED, 'eMAID');
  writer.bits(0, 2);
  encodeRootCertificateIds(writer, body.listOfRootCertificateIDs);
  writer.bits(0, 1);
}

function encodeResponseFields(writer: BitWriter, body: CertificateResponseFields): void {
  writer.bits(0, 2);
  writeEnumeration(writer, iso2ResponseCodes, body.responseCode, RESPONSE_CODE_BITS, 'ResponseCode');
  writer.bits(0, 2);
  encodeCertificateChain(writer, body.saProvisioningCertificateChain);
  writer.bits(0, 1);
  encodeCertificateChain(writer, body.contractSignatureCertChain);
  writer.bits(0, 1);
  encodeIdentifiedBinary(
    writer,
    body.contractSignatureEncryptedPrivateKey,
    'ContractSignatureEncryptedPrivateKey',
  );
  writer.bits(0, 1);
  encodeIdentifiedBinary(writer, body.dhPublicKey, 'DHpublickey');
  writer.bits(0, 1);
  if (body.emaid.value.length > ISO2_LIMITS.emaid) tooLong(writer);
  encodeIdentifiedText(writer, body.emaid, 'eMAID');
}

function encodeRetryCounter(writer: BitWriter, retryCounter: number | undefined): void {
  if (retryCounter === undefined) {
    writer.bits(1, 2);
    return;
  }
  if (
    !Number.isInteger(retryCounter) ||
    retryCounter < ISO2_LIMITS.retryCounterMin ||
    retryCounter > ISO2_LIMITS.retryCounterMax
  ) {
    throw new ExiError('INTEGER_RANGE', writer.bit, 'RetryCounter is no integer of 16 bits');
  }
  writer.bits(0, 3);
  writeInteger(writer, BigInt(retryCounter), 'RetryCounter');
  writer.bits(0, 2);
}

function tooLong(writer: BitWriter): never {
  const most = String(ISO2_LIMITS.emaid);
  throw new ExiError('TOO_LONG', writer.bit, `eMAID has more than ${most} characters`);
}
