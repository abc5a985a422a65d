import { digestIso20Fragment, type DigestHash } from './fragment.ts';
import type { Iso20Body } from './model.ts';

/** The one element of a message that its signature must cover. */
export interface Iso20SignedPart {
  readonly id: string;
  readonly digest: (hash: DigestHash) => Uint8Array;
}

/** OEMProvisioningCertificateChain of a request, SignedInstallationData of a response (ISO 15118-20, 7.9.2.4). */
export function signedPartOf(body: Iso20Body): Iso20SignedPart {
  if (body.type === 'CertificateInstallationReq') {
    const chain = body.oemProvisioningCertificateChain;
    return {
      id: chain.id,
      digest: (hash) => digestIso20Fragment('OEMProvisioningCertificateChain', chain, hash),
    };
  }
  const data = body.signedInstallationData;
  return { id: data.id, digest: (hash) => digestIso20Fragment('SignedInstallationData', data, hash) };
}

/**
 * The certificate (DER) whose key must have signed the message of ISO 15118-20: the car's provisioning certificate,
 * or the leaf of the provisioning service.
 */
export function iso20SignerCertificateOf(body: Iso20Body): Uint8Array {
  return body.type === 'CertificateInstallationReq'
    ? body.oemProvisioningCertificateChain.certificate
    : body.cpsCertificateChain.certificate;
}
