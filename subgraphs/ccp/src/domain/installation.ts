import {
  verifyMessageSignature,
  withSessionId,
  type CertificateInstallationReq,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { oneContract, refuseIso2, type CarAnswer } from './car-answer.ts';
import { chooseVariant, logUnmatchedRoots } from './choose-variant.ts';
import type { Refused } from './refusals.ts';
import { refusedData } from './revoked-data.ts';
import { identifyVehicle } from './vehicle.ts';
import type { Work } from './work.ts';

/**
 * Answers a CertificateInstallationReq of ISO 15118-2: with the car's default contract, never with another one, in
 * the variant whose V2G root the car lists.
 */
export async function installIso2(
  work: Work,
  message: Iso2Message<CertificateInstallationReq>,
): Promise<CarAnswer> {
  const { sessionId } = message.header;
  const { oemProvisioningCert, listOfRootCertificateIDs: listed } = message.body;
  const refused = (refusal: Refused) => refuseIso2(refusal, sessionId);

  const identified = await identifyVehicle(work, {
    namespace: 'ISO15118_2',
    certificate: oemProvisioningCert,
    isSignedBy: ({ publicKey }) => verifyMessageSignature(message, publicKey).valid,
  });
  if ('cause' in identified) return refused(identified);
  const found = await work.store.findDefault(identified.pcid, 'ISO15118_2');
  if (found === undefined) {
    return refused({ cause: 'UNKNOWN', reason: 'The car has no contract to install.' });
  }
  logUnmatchedRoots(work.logger, found.variants, listed);
  const { trusted } = identified;
  const question = { listed, trusted, at: work.clock.now() };
  const refusals = await refusedData(work, found.variants, question);
  const variant = chooseVariant(found.variants, { ...question, refused: refusals });
  if ('cause' in variant) return refused(variant);
  return oneContract(found.contract.emaid, withSessionId(variant.exi, sessionId));
}
