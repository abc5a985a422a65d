import { encodeMessage, signCertificateInstallationRes, signedElements } from '@chargegraph/iso15118';
import type { Certificate, KeyStore } from '@chargegraph/pki';
import type { ContractData } from './contract-data.ts';
import type { Signer } from './signer.ts';

/** What stands for the SessionID until a car's request gives one; the signature does not cover it. */
const placeholderSessionId = Uint8Array.of(0);

const dersOf = (certificates: readonly Certificate[]) => certificates.map(({ der }) => der);

/**
 * Signs contract data as the CertificateInstallationRes that a car takes (ISO 15118-2, 8.4.3.10.3), with the
 * session id `00`.
 *
 * @param data with its sub-CAs in chain order
 * @returns the message in EXI
 * @throws ChargeGraphError SIGNER_UNAVAILABLE when the key store can't use the signer's key
 */
export async function signInstallationResponse(
  data: ContractData,
  signer: Signer,
  keyStore: KeyStore,
): Promise<Uint8Array> {
  const message = await signCertificateInstallationRes({
    ...signedElements({
      certificate: data.certificate.der,
      subCertificates: dersOf(data.subCas),
      encryptedPrivateKey: data.encryptedPrivateKey,
      dhPublicKey: data.dhPublicKey,
      emaid: data.emaid.spelling,
    }),
    sessionId: placeholderSessionId,
    responseCode: 'OK',
    saProvisioningCertificateChain: {
      certificate: signer.certificate.der,
      ...(signer.subCas.length > 0 && { subCertificates: dersOf(signer.subCas) }),
    },
    sign: (octets) => keyStore.sign(signer.keyReference, octets),
  });
  return encodeMessage(message);
}
