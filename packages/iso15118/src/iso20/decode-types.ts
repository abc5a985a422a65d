import type { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { readText } from '../exi/text.ts';
import { ecdhCurves, encryptedKeyKinds, type EcdhCurve } from './codes.ts';
import { ECDH_CURVE_BITS, ENCRYPTED_KEY_BITS } from './event-codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type {
  ContractCertificateChain,
  CpsCertificateChain,
  EncryptedPrivateKey,
  SignedCertificateChain,
  SignedInstallationData,
} from './model.ts';

/** The content of OEMProvisioningCertificateChain, its END included; so do the others here. */
export function decodeSignedCertificateChain(reader: BitReader): SignedCertificateChain {
  const id = readId(reader, 'OEMProvisioningCertificateChain Id');
  const { certificate, subCertificates } = decodeCertificateChain(reader);
  return subCertificates === undefined ? { id, certificate } : { id, certificate, subCertificates };
}

/** The content of CPSCertificateChain. */
export function decodeCertificateChain(reader: BitReader): CpsCertificateChain {
  const certificate = readCertificate(reader);
  if (reader.event(2, 2, 'SubCertificates') === 1) return { certificate };
  const subCertificates = decodeSubCertificates(reader);
  reader.zeros(1, 'the end of the certificate chain');
  return { certificate, subCertificates };
}

/** The content of SignedInstallationData. */
export function decodeSignedInstallationData(reader: BitReader): SignedInstallationData {
  const id = readId(reader, 'SignedInstallationData Id');
  reader.zeros(1, 'ContractCertificateChain');
  const contractCertificateChain = decodeContractCertificateChain(reader);
  const ecdhCurve = readEcdhCurve(reader);
  reader.zeros(2, 'DHPublicKey');
  const dhPublicKey = reader.binary(ISO20_LIMITS.dhPublicKey, 'DHPublicKey');
  reader.zeros(1, 'the end of DHPublicKey');
  const encryptedPrivateKey = readEncryptedPrivateKey(reader);
  reader.zeros(1, 'the end of SignedInstallationData');
  return { id, contractCertificateChain, ecdhCurve, dhPublicKey, encryptedPrivateKey };
}

function decodeContractCertificateChain(reader: BitReader): ContractCertificateChain {
  const certificate = readCertificate(reader);
  reader.zeros(1, 'SubCertificates');
  const subCertificates = decodeSubCertificates(reader);
  reader.zeros(1, 'the end of ContractCertificateChain');
  return { certificate, subCertificates };
}

function decodeSubCertificates(reader: BitReader): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  reader.zeros(1, 'SubCertificates');
  for (;;) {
    reader.zeros(1, 'SubCertificates');
    certificates.push(reader.binary(ISO20_LIMITS.certificate, 'SubCertificates Certificate'));
    reader.zeros(1, 'SubCertificates');
    if (certificates.length === ISO20_LIMITS.subCertificates) {
      reader.endOfFullList('the end of SubCertificates');
      return certificates;
    }
    if (reader.event(2, 2, 'SubCertificates') === 1) return certificates;
  }
}

function readCertificate(reader: BitReader): Uint8Array {
  reader.zeros(2, 'Certificate');
  const certificate = reader.binary(ISO20_LIMITS.certificate, 'Certificate');
  reader.zeros(1, 'the end of Certificate');
  return certificate;
}

function readEcdhCurve(reader: BitReader): EcdhCurve {
  reader.zeros(2, 'ECDHCurve');
  const start = reader.bit;
  const curve = ecdhCurves[reader.bits(ECDH_CURVE_BITS, 'ECDHCurve')];
  if (curve === undefined) throw new ExiError('ENUMERATION', start, 'ECDHCurve is out of range');
  reader.zeros(1, 'the end of ECDHCurve');
  return curve;
}

function readEncryptedPrivateKey(reader: BitReader): EncryptedPrivateKey {
  const start = reader.bit;
  const kind = encryptedKeyKinds[reader.bits(ENCRYPTED_KEY_BITS, 'the encrypted private key')];
  if (kind === undefined) {
    throw new ExiError('EVENT_CODE', start, 'undefined event code 3 at the encrypted private key');
  }
  reader.zeros(1, 'the encrypted private key');
  const value = reader.binary(ISO20_LIMITS.encryptedPrivateKey[kind], `${kind}_EncryptedPrivateKey`);
  reader.zeros(1, 'the end of the encrypted private key');
  return { kind, value };
}

function readId(reader: BitReader, what: string): string {
  reader.zeros(1, what);
  return readText(reader, UNBOUNDED, what);
}
