import { BitWriter } from '../exi/bit-writer.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { encodeCertificateInstallationReq, encodeCertificateInstallationRes } from './encode-body.ts';
import { encodeHeader } from './encode-header.ts';
import { ROOT_BITS, ROOT_CODES } from './event-codes.ts';
import type { Iso20Message } from './model.ts';

/** Holds a typical response without growing. */
const CAPACITY = 12 * 1024;

/**
 * Encodes an ISO 15118-20 certificate message, always as the standard and EXI 1.0 prescribe.
 * @throws {@link ExiError} for a value that the schema does not allow. Minimum and exact lengths are not enforced.
 */
export function encodeIso20Message(message: Iso20Message): Uint8Array {
  const writer = new BitWriter(CAPACITY);
  encodeDocument(writer, message);
  return writer.finish();
}

/** Writes a whole document, without filling up the last octet. */
export function encodeDocument(writer: BitWriter, { header, body }: Iso20Message): void {
  writer.bits(EXI_HEADER, 8);
  writer.bits(ROOT_CODES[body.type], ROOT_BITS);
  writer.bits(0, 1);
  encodeHeader(writer, header);
  if (body.type === 'CertificateInstallationReq') encodeCertificateInstallationReq(writer, body);
  else encodeCertificateInstallationRes(writer, body);
}
