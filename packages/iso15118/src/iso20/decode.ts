import { BitReader } from '../exi/bit-reader.ts';
import { readExiHeader } from '../exi/header.ts';
import { ExiError } from '../exi/error.ts';
import { decodeCertificateInstallationReq, decodeCertificateInstallationRes } from './decode-body.ts';
import { decodeHeader } from './decode-header.ts';
import { ROOT_BITS, ROOT_CODES } from './event-codes.ts';
import type { Iso20Message } from './model.ts';
import type { Iso20Variant } from './variants.ts';

/** A decoded message and how its bytes deviate from the encoding that ISO 15118-20 and EXI 1.0 prescribe. */
export interface DecodedIso20Message {
  readonly message: Iso20Message;
  /** Octets the document takes; what follows them was ignored. */
  readonly octets: number;
  /** `trailing-octets` and `libcbv2g-end`, where they apply. */
  readonly variants: readonly Iso20Variant[];
}

/**
 * Decodes an ISO 15118-20 certificate message (CommonMessages). Every field is a copy that owns its bytes.
 * @throws {@link ExiError} for anything that is not such a message; nothing else.
 */
export function decodeIso20Message(bytes: Uint8Array): Iso20Message {
  return decodeDocument(new BitReader(bytes));
}

/** Like {@link decodeIso20Message}, and names the deviations from EXI 1.0 that were tolerated. */
export function inspectIso20Message(bytes: Uint8Array): DecodedIso20Message {
  const reader = new BitReader(bytes);
  const message = decodeDocument(reader);
  const octets = (reader.bit + 7) >>> 3;
  const variants: Iso20Variant[] = [];
  if (octets < bytes.length) variants.push('trailing-octets');
  if (reader.sawLibcbv2gEnd) variants.push('libcbv2g-end');
  return { message, octets, variants };
}

/** Reads a whole document; the reader stands at its end afterwards. */
export function decodeDocument(reader: BitReader): Iso20Message {
  readExiHeader(reader);
  const start = reader.bit;
  const root = reader.bits(ROOT_BITS, 'the document element');
  if (root !== ROOT_CODES.CertificateInstallationReq && root !== ROOT_CODES.CertificateInstallationRes) {
    throw new ExiError(
      'UNSUPPORTED_MESSAGE',
      start,
      `document element ${String(root)} of CommonMessages is not a certificate message`,
    );
  }
  reader.zeros(1, 'Header');
  const header = decodeHeader(reader);
  return root === ROOT_CODES.CertificateInstallationReq
    ? { header, body: decodeCertificateInstallationReq(reader) }
    : { header, body: decodeCertificateInstallationRes(reader) };
}
