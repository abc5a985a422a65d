import type { BitReader } from '../exi/bit-reader.ts';
import { readInteger } from '../exi/integer.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { readText } from '../exi/text.ts';
import { ISO2_LIMITS } from './limits.ts';
import type { CertificateChain, RootCertificateId } from './model.ts';

/** The content of an element of CertificateChainType, its END included. */
export function decodeCertificateChain(reader: BitReader): CertificateChain {
  let id: string | undefined;
  if (reader.event(2, 2, 'CertificateChain') === 0) {
    id = readText(reader, UNBOUNDED, 'CertificateChain Id');
    reader.zeros(1, 'Certificate');
  }
  reader.zeros(1, 'Certificate');
  const certificate = reader.binary(ISO2_LIMITS.certificate, 'Certificate');
  reader.zeros(1, 'the end of Certificate');
  if (reader.event(2, 2, 'CertificateChain') === 1)
    return id === undefined ? { certificate } : { id, certificate };
  const subCertificates = decodeSubCertificates(reader);
  reader.zeros(1, 'the end of CertificateChain');
  return id === undefined ? { certificate, subCertificates } : { id, certificate, subCertificates };
}

function decodeSubCertificates(reader: BitReader): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  reader.zeros(1, 'SubCertificates');
  for (;;) {
    reader.zeros(1, 'SubCertificates');
    certificates.push(reader.binary(ISO2_LIMITS.certificate, 'SubCertificates Certificate'));
    reader.zeros(1, 'SubCertificates');
    if (certificates.length === ISO2_LIMITS.subCertificates) {
      reader.endOfFullList('the end of SubCertificates');
      return certificates;
    }
    if (reader.event(2, 2, 'SubCertificates') === 1) return certificates;
  }
}

/** The content of ListOfRootCertificateIDs, its END included. */
export function decodeRootCertificateIds(reader: BitReader): RootCertificateId[] {
  const ids: RootCertificateId[] = [];
  reader.zeros(1, 'RootCertificateID');
  for (;;) {
    ids.push(decodeRootCertificateId(reader));
    if (ids.length === ISO2_LIMITS.rootCertificateIds) {
      reader.endOfFullList('the end of ListOfRootCertificateIDs');
      return ids;
    }
    if (reader.event(2, 2, 'ListOfRootCertificateIDs') === 1) return ids;
  }
}

function decodeRootCertificateId(reader: BitReader): RootCertificateId {
  reader.zeros(2, 'X509IssuerName');
  const x509IssuerName = readText(reader, UNBOUNDED, 'X509IssuerName');
  reader.zeros(3, 'X509SerialNumber');
  const x509SerialNumber = readInteger(reader, 'X509SerialNumber');
  reader.zeros(2, 'the end of RootCertificateID');
  return { x509IssuerName, x509SerialNumber };
}
