import {
  emaidParts,
  fitsIso2Emaid,
  isP256Point,
  verifyMessageSignature,
  withSessionId,
  type CertificateInstallationRes,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { emaidIdentity } from './readable.ts';
import type { ReadData } from './read-signed-data.ts';
import { responseCertificates } from './response-certificates.ts';
import { badSignature, badSignedData } from './signed-data-refusal.ts';

const storedSessionId = Uint8Array.of(0);
/** An initialisation vector and the encrypted private number (ISO 15118-2 clause 7.9.2.4). */
const encryptedKeySize = 48;

/** @throws ChargeGraphError CERTIFICATE_INVALID, SIGNATURE_INVALID or BAD_INPUT */
export function readIso2Data(message: Iso2Message<CertificateInstallationRes>, exi: Uint8Array): ReadData {
  const { body } = message;
  const certificates = responseCertificates(body);
  if (!verifyMessageSignature(message, certificates.cps.publicKey).valid) throw badSignature();
  const emaid = readEmaid(body);
  if (emaid.identity !== emaidIdentity(certificates.contract.commonName)) {
    throw badSignedData(
      'The eMAID and the common name of the contract certificate are not the same contract.',
    );
  }
  if (!isP256Point(body.dhPublicKey.value)) {
    throw badSignedData('DHpublickey is not an uncompressed point on P-256.');
  }
  if (body.contractSignatureEncryptedPrivateKey.value.length !== encryptedKeySize) {
    throw badSignedData(
      `ContractSignatureEncryptedPrivateKey does not have ${String(encryptedKeySize)} octets.`,
    );
  }
  return {
    emaidKey: emaid.identity,
    emaid: body.emaid.value,
    certificates,
    exi: withSessionId(exi, storedSessionId),
  };
}

/** What is signed stays as it is, so an eMAID that does not fit the message's schema cannot be taken. */
function readEmaid({ emaid }: CertificateInstallationRes): ReturnType<typeof emaidParts> {
  if (!fitsIso2Emaid(emaid.value)) {
    throw badSignedData('The eMAID must have 14 or 15 letters and digits, upper case, without hyphens.');
  }
  return emaidParts(emaid.value);
}
