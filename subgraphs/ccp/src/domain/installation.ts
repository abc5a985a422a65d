import {
  encodeMessage,
  negativeCertificateInstallationRes,
  verifyMessageSignature,
  withSessionId,
  type Iso2ResponseCode,
} from '@chargegraph/iso15118';
import { chooseVariant } from './choose-variant.ts';
import type { Namespace } from './contract.ts';
import { readMessage } from './read-exi.ts';
import { identifyVehicle, verifyVehicleCertificate } from './vehicle.ts';
import type { Work } from './work.ts';

/** Why a car gets no contract. */
export type Refusal = 'NO_CONTRACT' | 'SIGNATURE_ERROR' | 'CHAIN_ERROR' | 'EXPIRED';

/** A refusal with its reason, one sentence. */
export interface Refused {
  readonly outcome: Refusal;
  readonly reason: string;
}

/** The answer for a car whose request could be read. */
export interface InstallationAnswer {
  readonly outcome: 'DELIVERED' | Refusal;
  /** The CertificateInstallationRes in EXI with the request's session id. */
  readonly exi: Uint8Array;
  /** The delivered contract's, as it is signed. */
  readonly emaid: string | undefined;
  readonly reason: string | undefined;
}

const responseCodes: Record<Refusal, Iso2ResponseCode> = {
  NO_CONTRACT: 'FAILED_NoCertificateAvailable',
  SIGNATURE_ERROR: 'FAILED_SignatureError',
  CHAIN_ERROR: 'FAILED_CertChainError',
  EXPIRED: 'FAILED_CertificateExpired',
};

/** The only generation whose messages are read so far. */
const namespace: Namespace = 'ISO15118_2';

/**
 * Answers a car's signed CertificateInstallationReq. In this order, the first failing step answers: is the car
 * known to PCP (and, for a car maker, its own: a foreign car reads as unknown); does its certificate hold; does
 * its signature; is there a default contract for one of the V2G roots that the car lists.
 *
 * @throws ChargeGraphError EXI_INVALID when the request cannot be read
 */
export async function requestInstallation(work: Work, octets: Uint8Array): Promise<InstallationAnswer> {
  const { message } = readMessage(octets, 'CertificateInstallationReq', ['certificateInstallationReq']);
  const { sessionId } = message.header;
  const refused = ({ outcome, reason }: Refused): InstallationAnswer => ({
    outcome,
    exi: encodeMessage(
      negativeCertificateInstallationRes({ sessionId, responseCode: responseCodes[outcome] }),
    ),
    emaid: undefined,
    reason,
  });

  const identified = await identifyVehicle(work, message.body.oemProvisioningCert, namespace);
  if ('outcome' in identified) return refused(identified);
  const { certificate, vehicle, pcid } = identified;
  const invalid = verifyVehicleCertificate(certificate, vehicle, work.clock.now());
  if (invalid !== undefined) return refused(invalid);
  if (!verifyMessageSignature(message, certificate.publicKey).valid) {
    return refused({ outcome: 'SIGNATURE_ERROR', reason: "The request's signature does not hold." });
  }
  const found = await work.store.findDefault(pcid, namespace);
  if (found === undefined) {
    return refused({ outcome: 'NO_CONTRACT', reason: 'The car has no contract to install.' });
  }
  const variant = chooseVariant(work, found.variants, message.body.listOfRootCertificateIDs);
  if ('outcome' in variant) return refused(variant);
  return {
    outcome: 'DELIVERED',
    exi: withSessionId(variant.exi, sessionId),
    emaid: found.contract.emaid,
    reason: undefined,
  };
}
