import type { Iso20ResponseCode } from './codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20CertificateInstallationRes, Iso20Message } from './model.ts';
import type { Iso20Envelope } from './sign.ts';

/**
 * What a negative response tells: of MessageHeaderType and responseCodeType (ISO 15118-20, V2G_CI_CommonTypes.xsd).
 */
export interface NegativeIso20Response extends Iso20Envelope {
  readonly responseCode: Iso20ResponseCode;
}

/**
 * The unsigned CertificateInstallationRes (ISO 15118-20, V2G_CI_CommonMessages.xsd) for a car that gets no contract,
 * such as `WARNING_NoContractMatchingPCIDFound`. The elements that the schema requires hold the least that it
 * allows: certificates of one octet 00, and zeros where it prescribes a length.
 */
export function negativeIso20CertificateInstallationRes({
  sessionId,
  timeStamp,
  responseCode,
}: NegativeIso20Response): Iso20Message<Iso20CertificateInstallationRes> {
  return {
    header: { sessionId, timeStamp },
    body: {
      type: 'CertificateInstallationRes',
      responseCode,
      evseProcessing: 'Finished',
      cpsCertificateChain: { certificate: Uint8Array.of(0) },
      signedInstallationData: {
        id: 'ID1',
        contractCertificateChain: {
          certificate: Uint8Array.of(0),
          subCertificates: [Uint8Array.of(0)],
        },
        ecdhCurve: 'SECP521',
        dhPublicKey: new Uint8Array(ISO20_LIMITS.dhPublicKey),
        encryptedPrivateKey: {
          kind: 'SECP521',
          value: new Uint8Array(ISO20_LIMITS.encryptedPrivateKey.SECP521),
        },
      },
      remainingContractCertificateChains: 0,
    },
  };
}
