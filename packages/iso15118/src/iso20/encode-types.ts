import type { BitWriter } from '../exi/bit-writer.ts';
import { checkCount, writeBinary, writeEnumeration, writeId, writeListEnd } from '../iso2/encode-types.ts';
import { ecdhCurves, encryptedKeyKinds } from './codes.ts';
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
export function encodeSignedCertificateChain(writer: BitWriter, chain: SignedCertificateChain): void {
  writeId(writer, chain.id, 'OEMProvisioningCertificateChain Id');
  encodeCertificateChain(writer, chain);
}

/** The content of CPSCertificateChain. */
export function encodeCertificateChain(writer: BitWriter, chain: CpsCertificateChain): void {
  writeCertificate(writer, chain.certificate);
  if (chain.subCertificates === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 2);
  encodeSubCertificates(writer, chain.subCertificates);
  writer.bits(0, 1);
}

/** The content of SignedInstallationData. */
export function encodeSignedInstallationData(writer: BitWriter, data: SignedInstallationData): void {
  writeId(writer, data.id, 'SignedInstallationData Id');
  writer.bits(0, 1);
  encodeContractCertificateChain(writer, data.contractCertificateChain);
  writer.bits(0, 2);
  writeEnumeration(writer, ecdhCurves, data.ecdhCurve, ECDH_CURVE_BITS, 'ECDHCurve');
  writer.bits(0, 3);
  writeBinary(writer, data.dhPublicKey, ISO20_LIMITS.dhPublicKey, 'DHPublicKey');
  writer.bits(0, 1);
  encodeEncryptedPrivateKey(writer, data.encryptedPrivateKey);
  writer.bits(0, 1);
}

function encodeContractCertificateChain(writer: BitWriter, chain: ContractCertificateChain): void {
  writeCertificate(writer, chain.certificate);
  writer.bits(0, 1);
  encodeSubCertificates(writer, chain.subCertificates);
  writer.bits(0, 1);
}

function encodeSubCertificates(writer: BitWriter, certificates: readonly Uint8Array[]): void {
  checkCount(writer, certificates.length, ISO20_LIMITS.subCertificates, 'SubCertificates');
  let first = true;
  for (const certificate of certificates) {
    writer.bits(0, first ? 2 : 3);
    first = false;
    writeBinary(writer, certificate, ISO20_LIMITS.certificate, 'SubCertificates Certificate');
    writer.bits(0, 1);
  }
  writeListEnd(writer, certificates.length, ISO20_LIMITS.subCertificates);
}

function encodeEncryptedPrivateKey(writer: BitWriter, { kind, value }: EncryptedPrivateKey): void {
  const what = `${kind}_EncryptedPrivateKey`;
  writeEnumeration(writer, encryptedKeyKinds, kind, ENCRYPTED_KEY_BITS, what);
  writer.bits(0, 1);
  writeBinary(writer, value, ISO20_LIMITS.encryptedPrivateKey[kind], what);
  writer.bits(0, 1);
}

function writeCertificate(writer: BitWriter, certificate: Uint8Array): void {
  writer.bits(0, 2);
  writeBinary(writer, certificate, ISO20_LIMITS.certificate, 'Certificate');
  writer.bits(0, 1);
}
