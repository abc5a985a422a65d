import {
  fillIso20ResponseTemplate,
  ISO20_LIMITS,
  iso20ResponseTemplateOf,
  ecdhCurveOf,
  verifyIso20MessageSignature,
  type Iso20CertificateInstallationRes,
  type Iso20Message,
  type SignedInstallationData,
} from '@chargegraph/iso15118';
import type { Certificate } from '@chargegraph/pki';
import { emaidIdentity } from './readable.ts';
import type { ReadData } from './read-signed-data.ts';
import { responseCertificates } from './response-certificates.ts';
import { badSignature, badSignedData } from './signed-data-refusal.ts';

/** What is stored of the fields that differ from one delivery to the next. */
const placeholders = {
  sessionId: Uint8Array.of(0),
  timeStamp: 0n,
  remainingContractCertificateChains: 0,
};

/**
 * The EMAID is the contract certificate's common name: ISO 15118-20 has no element of its own for it.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID, SIGNATURE_INVALID or BAD_INPUT
 */
export function readIso20Data(
  message: Iso20Message<Iso20CertificateInstallationRes>,
  exi: Uint8Array,
): ReadData {
  const { body } = message;
  const certificates = responseCertificates(body);
  if (!verifyIso20MessageSignature(message, certificates.cps.publicKey).valid) throw badSignature();
  if (body.evseProcessing !== 'Finished') {
    throw badSignedData(`The signed data has the processing state ${body.evseProcessing}, not Finished.`);
  }
  const emaid = certificates.contract.commonName;
  const emaidKey = emaidIdentity(emaid);
  if (emaid === undefined || emaidKey === undefined) {
    throw badSignedData('The common name of the contract certificate is not an EMAID.');
  }
  requireWrappedKey(body.signedInstallationData, certificates.contract);
  return {
    emaidKey,
    emaid,
    certificates,
    exi: fillIso20ResponseTemplate(iso20ResponseTemplateOf(exi), placeholders),
  };
}

/** The curve of the contract's key that each kind of encrypted key holds; a TPM's may be any. */
const contractCurves = { SECP521: 'P-521', X448: 'X448' } as const;

/** Checks what the contract's key is wrapped with: only the car can tell whether it opens. */
function requireWrappedKey(
  { ecdhCurve, dhPublicKey, encryptedPrivateKey: { kind, value } }: SignedInstallationData,
  contract: Certificate,
): void {
  if (ecdhCurveOf(dhPublicKey) !== ecdhCurve) {
    throw badSignedData(
      ecdhCurve === 'X448'
        ? 'DHPublicKey is not a public key of X448.'
        : 'DHPublicKey is not an uncompressed point on P-521.',
    );
  }
  const size = ISO20_LIMITS.encryptedPrivateKey[kind];
  if (value.length !== size) {
    throw badSignedData(`${kind}_EncryptedPrivateKey does not have ${String(size)} octets.`);
  }
  if (kind !== 'TPM' && contract.curve !== contractCurves[kind]) {
    throw badSignedData(
      `${kind}_EncryptedPrivateKey cannot hold the key of the contract certificate, which is ${contract.curve}.`,
    );
  }
}
