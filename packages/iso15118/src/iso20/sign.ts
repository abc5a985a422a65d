import { CANONICAL_EXI } from '../xmldsig/algorithms.ts';
import type { Signature, SignedInfo } from '../xmldsig/model.ts';
import { SignerError } from '../xmldsig/signer-error.ts';
import { encodeIso20Fragment } from './fragment.ts';
import type {
  Iso20Body,
  Iso20CertificateInstallationReq,
  Iso20CertificateInstallationRes,
  Iso20Message,
} from './model.ts';
import { iso20SignatureProfiles } from './signature-profiles.ts';
import { signedPartOf } from './signed-part.ts';
import type { Iso20Signer } from './signer.ts';

/** What is in a message's header beside the signature: MessageHeaderType (ISO 15118-20, V2G_CI_CommonTypes.xsd). */
export interface Iso20Envelope {
  readonly sessionId: Uint8Array;
  readonly timeStamp: bigint;
}

/**
 * Signs a car's request (CertificateInstallationReq of ISO 15118-20) with its provisioning key; the signature covers
 * `oemProvisioningCertificateChain`.
 */
export function signIso20CertificateInstallationReq(
  fields: Omit<Iso20CertificateInstallationReq, 'type'>,
  envelope: Iso20Envelope & { readonly signer: Iso20Signer },
): Promise<Iso20Message<Iso20CertificateInstallationReq>> {
  return signMessage({ ...fields, type: 'CertificateInstallationReq' }, envelope);
}

/**
 * Signs contract data (CertificateInstallationRes of ISO 15118-20) with the key of the provisioning service. The
 * signature covers `signedInstallationData` alone, so it stays when anything else changes.
 */
export function signIso20CertificateInstallationRes(
  fields: Omit<Iso20CertificateInstallationRes, 'type'>,
  envelope: Iso20Envelope & { readonly signer: Iso20Signer },
): Promise<Iso20Message<Iso20CertificateInstallationRes>> {
  return signMessage({ ...fields, type: 'CertificateInstallationRes' }, envelope);
}

async function signMessage<Body extends Iso20Body>(
  body: Body,
  { sessionId, timeStamp, signer }: Iso20Envelope & { readonly signer: Iso20Signer },
): Promise<Iso20Message<Body>> {
  return { header: { sessionId, timeStamp, signature: await signBody(body, signer) }, body };
}

async function signBody(body: Iso20Body, { profile, sign }: Iso20Signer): Promise<Signature> {
  const { signatureMethod, digestMethod, hash, signatureSize } = iso20SignatureProfiles[profile];
  const { id, digest } = signedPartOf(body);
  const signedInfo: SignedInfo = {
    canonicalizationMethod: CANONICAL_EXI,
    signatureMethod,
    references: [
      {
        uri: `#${id}`,
        transforms: [{ algorithm: CANONICAL_EXI }],
        digestMethod,
        digestValue: digest(hash),
      },
    ],
  };
  const signatureValue = await sign(encodeIso20Fragment('SignedInfo', signedInfo));
  if (signatureValue.length !== signatureSize) {
    throw new SignerError(
      'SIGNATURE_SIZE',
      `the signer gave ${String(signatureValue.length)} octets, not ${String(signatureSize)}`,
    );
  }
  return { signedInfo, signatureValue };
}
