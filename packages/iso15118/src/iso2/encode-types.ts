import type { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { writeInteger } from '../exi/integer.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { writeText } from '../exi/text.ts';
import { ISO2_LIMITS } from './limits.ts';
import type { CertificateChain, IdentifiedBinary, IdentifiedText, RootCertificateId } from './model.ts';

/** The content of an element of CertificateChainType, its END included; so do the others here. */
export function encodeCertificateChain(writer: BitWriter, chain: CertificateChain): void {
  if (chain.id === undefined) {
    writer.bits(1, 2);
  } else {
    writer.bits(0, 2);
    writeText(writer, chain.id, UNBOUNDED, 'CertificateChain Id');
    writer.bits(0, 1);
  }
  writer.bits(0, 1);
  writeBinary(writer, chain.certificate, ISO2_LIMITS.certificate, 'Certificate');
  writer.bits(0, 1);
  if (chain.subCertificates === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 2);
  encodeSubCertificates(writer, chain.subCertificates);
  writer.bits(0, 1);
}

function encodeSubCertificates(writer: BitWriter, certificates: readonly Uint8Array[]): void {
  checkCount(writer, certificates.length, ISO2_LIMITS.subCertificates, 'SubCertificates');
  let first = true;
  for (const certificate of certificates) {
    writer.bits(0, first ? 2 : 3);
    first = false;
    writeBinary(writer, certificate, ISO2_LIMITS.certificate, 'SubCertificates Certificate');
    writer.bits(0, 1);
  }
  writeListEnd(writer, certificates.length, ISO2_LIMITS.subCertificates);
}

export function encodeRootCertificateIds(writer: BitWriter, ids: readonly RootCertificateId[]): void {
  checkCount(writer, ids.length, ISO2_LIMITS.rootCertificateIds, 'ListOfRootCertificateIDs');
  let first = true;
  for (const id of ids) {
    writer.bits(0, first ? 3 : 4);
    first = false;
    writeText(writer, id.x509IssuerName, UNBOUNDED, 'X509IssuerName');
    writer.bits(0, 3);
    writeInteger(writer, id.x509SerialNumber, 'X509SerialNumber');
    writer.bits(0, 2);
  }
  writeListEnd(writer, ids.length, ISO2_LIMITS.rootCertificateIds);
}

export function encodeIdentifiedText(writer: BitWriter, text: IdentifiedText, what: string): void {
  writeId(writer, text.id, what);
  writer.bits(0, 1);
  writeText(writer, text.value, UNBOUNDED, what);
  writer.bits(0, 1);
}

export function encodeIdentifiedBinary(writer: BitWriter, binary: IdentifiedBinary, what: string): void {
  writeId(writer, binary.id, what);
  writer.bits(0, 1);
  writer.binary(binary.value);
  writer.bits(0, 1);
}

/** A required Id attribute. */
export function writeId(writer: BitWriter, id: string, what: string): void {
  writer.bits(0, 1);
  writeText(writer, id, UNBOUNDED, what);
}

export function writeBinary(writer: BitWriter, value: Uint8Array, limit: number, what: string): void {
  if (value.length > limit) {
    const problem = `${what} has ${String(value.length)} octets, at most ${String(limit)}`;
    throw new ExiError('TOO_LONG', writer.bit, problem);
  }
  writer.binary(value);
}

/** The index of `value` among the `values` of an enumeration. */
export function writeEnumeration<Value extends string>(
  writer: BitWriter,
  values: readonly Value[],
  value: Value,
  width: number,
  what: string,
): void {
  const index = values.indexOf(value);
  if (index < 0) throw new ExiError('ENUMERATION', writer.bit, `${what} has no such value`);
  writer.bits(index, width);
}

/** @throws ExiError `COUNT` unless there are 1 to `limit` entries. */
export function checkCount(writer: BitWriter, count: number, limit: number, what: string): void {
  if (count >= 1 && count <= limit) return;
  throw new ExiError('COUNT', writer.bit, `${what} has ${String(count)} entries, 1 to ${String(limit)}`);
}

/** END of a list: after the last repetition allowed it is the only production left, and so takes one bit. */
export function writeListEnd(writer: BitWriter, count: number, limit: number): void {
  if (count === limit) writer.bits(0, 1);
  else writer.bits(1, 2);
}
