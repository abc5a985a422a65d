import type { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { writeText } from '../exi/text.ts';
import {
  checkCount,
  encodeRootCertificateIds,
  writeEnumeration,
  writeListEnd,
} from '../iso2/encode-types.ts';
import { evseProcessings, iso20ResponseCodes } from './codes.ts';
import {
  encodeCertificateChain,
  encodeSignedCertificateChain,
  encodeSignedInstallationData,
} from './encode-types.ts';
import { EVSE_PROCESSING_BITS, RESPONSE_CODE_BITS } from './event-codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20CertificateInstallationReq, Iso20CertificateInstallationRes } from './model.ts';

/** What follows the Header in the element, its END included. */
export function encodeCertificateInstallationReq(
  writer: BitWriter,
  body: Iso20CertificateInstallationReq,
): void {
  writer.bits(0, 1);
  encodeSignedCertificateChain(writer, body.oemProvisioningCertificateChain);
  writer.bits(0, 1);
  encodeRootCertificateIds(writer, body.listOfRootCertificateIDs);
  writeChains(writer, body.maximumContractCertificateChains, 'MaximumContractCertificateChains');
  if (body.prioritizedEMAIDs === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 2);
  encodePrioritizedEmaids(writer, body.prioritizedEMAIDs);
  writer.bits(0, 1);
}

/** What follows the Header in the element, its END included. */
export function encodeCertificateInstallationRes(
  writer: BitWriter,
  body: Iso20CertificateInstallationRes,
): void {
  writer.bits(0, 2);
  writeEnumeration(writer, iso20ResponseCodes, body.responseCode, RESPONSE_CODE_BITS, 'ResponseCode');
  writer.bits(0, 3);
  writeEnumeration(writer, evseProcessings, body.evseProcessing, EVSE_PROCESSING_BITS, 'EVSEProcessing');
  writer.bits(0, 2);
  encodeCertificateChain(writer, body.cpsCertificateChain);
  writer.bits(0, 1);
  encodeSignedInstallationData(writer, body.signedInstallationData);
  writeChains(writer, body.remainingContractCertificateChains, 'RemainingContractCertificateChains');
  writer.bits(0, 1);
}

function encodePrioritizedEmaids(writer: BitWriter, emaids: readonly string[]): void {
  checkCount(writer, emaids.length, ISO20_LIMITS.prioritizedEmaids, 'PrioritizedEMAIDs');
  let first = true;
  for (const emaid of emaids) {
    writer.bits(0, first ? 2 : 3);
    first = false;
    writeText(writer, emaid, ISO20_LIMITS.emaid, 'EMAID');
    writer.bits(0, 1);
  }
  writeListEnd(writer, emaids.length, ISO20_LIMITS.prioritizedEmaids);
}

/** An unsignedByte: its range is bounded, so it takes 8 bits (EXI 1.0, 7.1.5). */
function writeChains(writer: BitWriter, chains: number, what: string): void {
  checkChains(chains, writer.bit, what);
  writer.bits(0, 2);
  writer.bits(chains, 8);
  writer.bits(0, 1);
}

/** @throws ExiError `INTEGER_RANGE` unless the number of chains is an integer from 0 to 255. */
export function checkChains(chains: number, bit: number, what: string): void {
  if (Number.isInteger(chains) && chains >= 0 && chains <= ISO20_LIMITS.chains) return;
  throw new ExiError('INTEGER_RANGE', bit, `${what} is no integer from 0 to ${String(ISO20_LIMITS.chains)}`);
}
