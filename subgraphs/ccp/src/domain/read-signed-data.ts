import { ChargeGraphError } from '@chargegraph/service';
import {
  emaidParts,
  fitsIso2Emaid,
  IdentifierError,
  isP256Point,
  parseEmaid,
  providerIdOf,
  verifyMessageSignature,
  withSessionId,
  type CertificateInstallationRes,
  type Emaid,
} from '@chargegraph/iso15118';
import { readMessage } from './read-exi.ts';
import { responseCertificates, type ResponseCertificates } from './response-certificates.ts';

/** Signed contract data that is consistent in itself. */
export interface OfferedData {
  readonly emaidKey: Emaid;
  /** As it is signed. */
  readonly emaid: string;
  readonly providerId: string;
  readonly certificates: ResponseCertificates;
  /** The message with the session id `00`: what is stored, and what is compared to tell new data from known. */
  readonly exi: Uint8Array;
}

const path = ['signedContractData'];
const storedSessionId = Uint8Array.of(0);
/** An initialisation vector and the encrypted private number (ISO 15118-2 clause 7.9.2.4). */
const encryptedKeySize = 48;

const refuse = (message: string) => new ChargeGraphError('BAD_INPUT', message, { path });

/**
 * Reads a CertificateInstallationRes and checks all that can be checked without knowing any root: digests and
 * signature of the provisioning service, response code, that eMAID and contract certificate agree, and the sizes
 * of what the key is wrapped with.
 *
 * @throws ChargeGraphError EXI_INVALID, CERTIFICATE_INVALID, SIGNATURE_INVALID or BAD_INPUT
 */
export function readSignedData(octets: Uint8Array): OfferedData {
  const { message, exi } = readMessage(octets, 'CertificateInstallationRes', path);
  const { body } = message;
  if (body.responseCode !== 'OK')
    throw refuse(`The signed data has the response code ${body.responseCode}, not OK.`);
  const certificates = responseCertificates(body);
  if (!verifyMessageSignature(message, certificates.cps.publicKey).valid) {
    throw new ChargeGraphError(
      'SIGNATURE_INVALID',
      'The signature of the provisioning service does not hold.',
      {
        path,
      },
    );
  }
  const emaid = readEmaid(body);
  if (emaid.identity !== identityOf(certificates.contract.commonName)) {
    throw refuse('The eMAID and the common name of the contract certificate are not the same contract.');
  }
  if (!isP256Point(body.dhPublicKey.value))
    throw refuse('DHpublickey is not an uncompressed point on P-256.');
  if (body.contractSignatureEncryptedPrivateKey.value.length !== encryptedKeySize) {
    throw refuse(`ContractSignatureEncryptedPrivateKey does not have ${String(encryptedKeySize)} octets.`);
  }
  return {
    emaidKey: emaid.identity,
    emaid: body.emaid.value,
    providerId: providerIdOf(emaid.identity),
    certificates,
    exi: withSessionId(exi, storedSessionId),
  };
}

/** What is signed stays as it is, so an eMAID that does not fit the message's schema cannot be taken. */
function readEmaid({ emaid }: CertificateInstallationRes): ReturnType<typeof emaidParts> {
  if (!fitsIso2Emaid(emaid.value)) {
    throw refuse('The eMAID must have 14 or 15 letters and digits, upper case, without hyphens.');
  }
  return emaidParts(emaid.value);
}

function identityOf(commonName: string | undefined): Emaid | undefined {
  try {
    return commonName === undefined ? undefined : parseEmaid(commonName);
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}
