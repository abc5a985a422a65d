import type { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { readText } from '../exi/text.ts';
import { decodeRootCertificateIds } from '../iso2/decode-types.ts';
import { evseProcessings, iso20ResponseCodes, type EvseProcessing, type Iso20ResponseCode } from './codes.ts';
import {
  decodeCertificateChain,
  decodeSignedCertificateChain,
  decodeSignedInstallationData,
} from './decode-types.ts';
import { EVSE_PROCESSING_BITS, RESPONSE_CODE_BITS } from './event-codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20CertificateInstallationReq, Iso20CertificateInstallationRes } from './model.ts';

/** What follows the Header in the element, its END included; so do the others here. */
export function decodeCertificateInstallationReq(reader: BitReader): Iso20CertificateInstallationReq {
  reader.zeros(1, 'OEMProvisioningCertificateChain');
  const oemProvisioningCertificateChain = decodeSignedCertificateChain(reader);
  reader.zeros(1, 'ListOfRootCertificateIDs');
  const listOfRootCertificateIDs = decodeRootCertificateIds(reader);
  const maximumContractCertificateChains = readChains(reader, 'MaximumContractCertificateChains');
  const request = {
    type: 'CertificateInstallationReq',
    oemProvisioningCertificateChain,
    listOfRootCertificateIDs,
    maximumContractCertificateChains,
  } as const;
  if (reader.event(2, 2, 'CertificateInstallationReq') === 1) return request;
  const prioritizedEMAIDs = decodePrioritizedEmaids(reader);
  reader.zeros(1, 'the end of CertificateInstallationReq');
  return { ...request, prioritizedEMAIDs };
}

export function decodeCertificateInstallationRes(reader: BitReader): Iso20CertificateInstallationRes {
  const responseCode = readResponseCode(reader);
  const evseProcessing = readEvseProcessing(reader);
  reader.zeros(1, 'CPSCertificateChain');
  const cpsCertificateChain = decodeCertificateChain(reader);
  reader.zeros(1, 'SignedInstallationData');
  const signedInstallationData = decodeSignedInstallationData(reader);
  const remainingContractCertificateChains = readChains(reader, 'RemainingContractCertificateChains');
  reader.zeros(1, 'the end of CertificateInstallationRes');
  return {
    type: 'CertificateInstallationRes',
    responseCode,
    evseProcessing,
    cpsCertificateChain,
    signedInstallationData,
    remainingContractCertificateChains,
  };
}

function decodePrioritizedEmaids(reader: BitReader): string[] {
  const emaids: string[] = [];
  reader.zeros(1, 'EMAID');
  for (;;) {
    reader.zeros(1, 'EMAID');
    emaids.push(readText(reader, ISO20_LIMITS.emaid, 'EMAID'));
    reader.zeros(1, 'the end of EMAID');
    if (emaids.length === ISO20_LIMITS.prioritizedEmaids) {
      reader.endOfFullList('the end of PrioritizedEMAIDs');
      return emaids;
    }
    if (reader.event(2, 2, 'PrioritizedEMAIDs') === 1) return emaids;
  }
}

function readResponseCode(reader: BitReader): Iso20ResponseCode {
  reader.zeros(2, 'ResponseCode');
  const start = reader.bit;
  const responseCode = iso20ResponseCodes[reader.bits(RESPONSE_CODE_BITS, 'ResponseCode')];
  if (responseCode === undefined) throw new ExiError('ENUMERATION', start, 'ResponseCode is out of range');
  reader.zeros(1, 'the end of ResponseCode');
  return responseCode;
}

function readEvseProcessing(reader: BitReader): EvseProcessing {
  reader.zeros(2, 'EVSEProcessing');
  const start = reader.bit;
  const processing = evseProcessings[reader.bits(EVSE_PROCESSING_BITS, 'EVSEProcessing')];
  if (processing === undefined) throw new ExiError('ENUMERATION', start, 'EVSEProcessing is out of range');
  reader.zeros(1, 'the end of EVSEProcessing');
  return processing;
}

/** An unsignedByte: its range is bounded, so it takes 8 bits (EXI 1.0, 7.1.5). */
function readChains(reader: BitReader, what: string): number {
  reader.zeros(2, what);
  const chains = reader.bits(8, what);
  reader.zeros(1, what);
  return chains;
}
