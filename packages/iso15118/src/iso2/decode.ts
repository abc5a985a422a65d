import { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { readExiHeader } from '../exi/header.ts';
import {
  decodeCertificateInstallationReq,
  decodeCertificateInstallationRes,
  decodeCertificateUpdateReq,
  decodeCertificateUpdateRes,
} from './decode-body.ts';
import { decodeHeader } from './decode-header.ts';
import { BODY_BITS, BODY_CODES, BODY_PRODUCTIONS, V2G_MESSAGE, V2G_MESSAGE_BITS } from './event-codes.ts';
import type { Iso2Body, Iso2Message } from './model.ts';
import type { Iso2Variant } from './variants.ts';

/** A decoded message and how its bytes deviate from the encoding that EXI 1.0 prescribes. */
export interface DecodedIso2Message {
  readonly message: Iso2Message;
  /** Octets the document takes; what follows them was ignored. */
  readonly octets: number;
  /** `trailing-octets` and `libcbv2g-end`, where they apply. */
  readonly variants: readonly Iso2Variant[];
}

/**
 * Decodes an ISO 15118-2 certificate message. Every field is a copy that owns its bytes.
 * @throws {@link ExiError} for anything that is not such a message; nothing else.
 */
export function decodeMessage(bytes: Uint8Array): Iso2Message {
  return decode(new BitReader(bytes));
}

/** Like {@link decodeMessage}, and names the deviations from EXI 1.0 that were tolerated. */
export function inspectMessage(bytes: Uint8Array): DecodedIso2Message {
  const reader = new BitReader(bytes);
  const message = decode(reader);
  const octets = (reader.bit + 7) >>> 3;
  const variants: Iso2Variant[] = [];
  if (octets < bytes.length) variants.push('trailing-octets');
  if (reader.sawLibcbv2gEnd) variants.push('libcbv2g-end');
  return { message, octets, variants };
}

function decode(reader: BitReader): Iso2Message {
  readExiHeader(reader);
  const start = reader.bit;
  const root = reader.bits(V2G_MESSAGE_BITS, 'the document element');
  if (root !== V2G_MESSAGE) {
    throw new ExiError('UNSUPPORTED_MESSAGE', start, `document element ${String(root)} is not V2G_Message`);
  }
  reader.zeros(1, 'Header');
  const header = decodeHeader(reader);
  reader.zeros(1, 'Body');
  const body = decodeBody(reader);
  reader.zeros(2, 'the end of V2G_Message');
  return { header, body };
}

function decodeBody(reader: BitReader): Iso2Body {
  const start = reader.bit;
  const code = reader.event(BODY_BITS, BODY_PRODUCTIONS, 'Body');
  switch (code) {
    case BODY_CODES.CertificateInstallationReq:
      return decodeCertificateInstallationReq(reader);
    case BODY_CODES.CertificateInstallationRes:
      return decodeCertificateInstallationRes(reader);
    case BODY_CODES.CertificateUpdateReq:
      return decodeCertificateUpdateReq(reader);
    case BODY_CODES.CertificateUpdateRes:
      return decodeCertificateUpdateRes(reader);
    default:
      throw new ExiError(
        'UNSUPPORTED_MESSAGE',
        start,
        `body element ${String(code)} is not a certificate message`,
      );
  }
}
