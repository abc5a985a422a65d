import { digestFragment } from './fragment.ts';
import type { Iso2Body } from './model.ts';

/** An element of a message that its signature must cover. */
export interface SignedPart {
  /** The element's name, for messages. */
  readonly name: string;
  /** Absent when the element has none, so that nothing can refer to it. */
  readonly id: string | undefined;
  /** The digest that the standard prescribes. */
  readonly digest: () => Uint8Array;
  /** The digest over EMAIDType, which some systems sign instead. */
  readonly strictDigest?: () => Uint8Array;
}

/** The elements that the signature of a message must cover, all of them and no others (ISO 15118-2, 7.9.2.4). */
export function signedPartsOf(body: Iso2Body): readonly SignedPart[] {
  switch (body.type) {
    case 'CertificateInstallationReq':
      return [
        { name: body.type, id: body.id, digest: () => digestFragment('CertificateInstallationReq', body) },
      ];
    case 'CertificateUpdateReq':
      return [{ name: body.type, id: body.id, digest: () => digestFragment('CertificateUpdateReq', body) }];
    case 'CertificateInstallationRes':
    case 'CertificateUpdateRes': {
      const {
        contractSignatureCertChain: chain,
        contractSignatureEncryptedPrivateKey: key,
        dhPublicKey,
        emaid,
      } = body;
      return [
        {
          name: 'ContractSignatureCertChain',
          id: chain.id,
          digest: () => digestFragment('ContractSignatureCertChain', chain),
        },
        {
          name: 'ContractSignatureEncryptedPrivateKey',
          id: key.id,
          digest: () => digestFragment('ContractSignatureEncryptedPrivateKey', key),
        },
        { name: 'DHpublickey', id: dhPublicKey.id, digest: () => digestFragment('DHpublickey', dhPublicKey) },
        {
          name: 'eMAID',
          id: emaid.id,
          digest: () => digestFragment('eMAID', emaid),
          strictDigest: () => digestFragment('eMAID(strict type, libcbv2g)', emaid),
        },
      ];
    }
  }
}

/** Ids of elements that are not signed, and so must not be taken for one that is. */
export function unsignedIdsOf(body: Iso2Body): readonly string[] {
  switch (body.type) {
    case 'CertificateUpdateReq':
      return body.contractSignatureCertChain.id === undefined ? [] : [body.contractSignatureCertChain.id];
    case 'CertificateInstallationReq':
      return [];
    case 'CertificateInstallationRes':
    case 'CertificateUpdateRes':
      return body.saProvisioningCertificateChain.id === undefined
        ? []
        : [body.saProvisioningCertificateChain.id];
  }
}

/**
 * The certificate (DER) whose key must have signed the message: the car's provisioning certificate, its present
 * contract certificate, or the leaf of the provisioning service (ISO 15118-2, 7.9.2.4).
 */
export function signerCertificateOf(body: Iso2Body): Uint8Array {
  switch (body.type) {
    case 'CertificateInstallationReq':
      return body.oemProvisioningCert;
    case 'CertificateUpdateReq':
      return body.contractSignatureCertChain.certificate;
    case 'CertificateInstallationRes':
    case 'CertificateUpdateRes':
      return body.saProvisioningCertificateChain.certificate;
  }
}
