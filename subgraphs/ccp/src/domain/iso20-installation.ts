import {
  fillIso20ResponseTemplate,
  iso20ResponseTemplateOf,
  verifyIso20MessageSignature,
  type Iso20CertificateInstallationReq,
  type Iso20Message,
} from '@chargegraph/iso15118';
import { refuseIso20, type CarAnswer, type DeliveredContract } from './car-answer.ts';
import { chooseContracts, type ChosenContract } from './choose-contracts.ts';
import { logUnmatchedRoots } from './choose-variant.ts';
import { refusedData } from './revoked-data.ts';
import { identifyVehicle } from './vehicle.ts';
import type { Work } from './work.ts';

/**
 * Answers a CertificateInstallationReq of ISO 15118-20: with as many of the car's contracts as it can take, one in
 * each message, which are to be handed to the car in their order.
 */
export async function installIso20(
  work: Work,
  message: Iso20Message<Iso20CertificateInstallationReq>,
): Promise<CarAnswer> {
  const { body } = message;
  const at = work.clock.now();
  const envelope = {
    sessionId: message.header.sessionId,
    // Seconds since 1970 (ISO 15118-20, MessageHeaderType).
    timeStamp: BigInt(Math.floor(at.getTime() / 1_000)),
  };

  const identified = await identifyVehicle(work, {
    namespace: 'ISO15118_20',
    certificate: body.oemProvisioningCertificateChain.certificate,
    isSignedBy: ({ publicKey }) => verifyIso20MessageSignature(message, publicKey).valid,
  });
  if ('cause' in identified) return refuseIso20(identified, envelope);
  const contracts = await work.store.carContracts(identified.pcid, 'ISO15118_20');
  const listed = body.listOfRootCertificateIDs;
  const variants = contracts.flatMap((contract) => contract.variants);
  logUnmatchedRoots(work.logger, variants, listed);
  const question = { listed, trusted: identified.trusted, at };
  const chosen = chooseContracts(contracts, {
    ...question,
    refused: await refusedData(work, variants, question),
    maximum: body.maximumContractCertificateChains,
    prioritized: body.prioritizedEMAIDs ?? [],
  });
  if ('cause' in chosen) return refuseIso20(chosen, envelope);
  const [first, ...others] = chosen;
  return { outcome: 'DELIVERED', contracts: [deliver(first), ...others.map(deliver)] };

  function deliver({ contract, data, remaining }: ChosenContract): DeliveredContract {
    const template = iso20ResponseTemplateOf(data.exi);
    const exi = fillIso20ResponseTemplate(template, {
      ...envelope,
      remainingContractCertificateChains: remaining,
    });
    return { emaid: contract.emaid, exi, remaining };
  }
}
