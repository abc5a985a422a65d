import {
  encodeIso20Message,
  encodeMessage,
  negativeCertificateInstallationRes,
  negativeIso20CertificateInstallationRes,
} from '@chargegraph/iso15118';
import { refusalCodes, type Refusal, type Refused } from './refusals.ts';

/** A contract that a car is given, in a message of its own. */
export interface DeliveredContract {
  /** As it is signed. */
  readonly emaid: string;
  /** The response in EXI with the request's session id. */
  readonly exi: Uint8Array;
  /** How many follow; 0 for the last one. */
  readonly remaining: number;
}

/** The answer for a car whose request could be read. */
export type CarAnswer =
  | {
      readonly outcome: 'DELIVERED';
      /** In the order in which the car is given them; one in ISO 15118-2. */
      readonly contracts: readonly [DeliveredContract, ...DeliveredContract[]];
    }
  | {
      readonly outcome: Refusal;
      /** The negative response in EXI with the request's session id. */
      readonly exi: Uint8Array;
      readonly reason: string;
    };

/** The one contract that a response of ISO 15118-2 carries. */
export const oneContract = (emaid: string, exi: Uint8Array): CarAnswer => ({
  outcome: 'DELIVERED',
  contracts: [{ emaid, exi, remaining: 0 }],
});

/** Refuses a CertificateInstallationReq of ISO 15118-2. */
export function refuseIso2({ cause, reason }: Refused, sessionId: Uint8Array): CarAnswer {
  const { outcome, iso2: responseCode } = refusalCodes[cause];
  return {
    outcome,
    exi: encodeMessage(negativeCertificateInstallationRes({ sessionId, responseCode })),
    reason,
  };
}

/** Refuses a CertificateInstallationReq of ISO 15118-20. */
export function refuseIso20(
  { cause, reason }: Refused,
  envelope: { readonly sessionId: Uint8Array; readonly timeStamp: bigint },
): CarAnswer {
  const { outcome, iso20: responseCode } = refusalCodes[cause];
  return {
    outcome,
    exi: encodeIso20Message(negativeIso20CertificateInstallationRes({ ...envelope, responseCode })),
    reason,
  };
}
