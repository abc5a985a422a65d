import { BitReader } from '../exi/bit-reader.ts';
import { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { readUnsigned64 } from '../exi/integer.ts';
import { decodeDocument } from './decode.ts';
import { checkChains } from './encode-body.ts';
import { encodeDocument } from './encode.ts';
import { encodeEnvelope } from './encode-header.ts';
import { ROOT_BITS, ROOT_CODES } from './event-codes.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20CertificateInstallationRes, Iso20Message } from './model.ts';
import type { Iso20Envelope } from './sign.ts';

/**
 * An encoded CertificateInstallationRes (ISO 15118-20) that other cars' sessions can be put into; plain data, to be
 * stored as it is.
 */
export interface Iso20ResponseTemplate {
  readonly octets: Uint8Array;
  /** The bit at which the value of RemainingContractCertificateChains begins. */
  readonly remainingBit: number;
}

/** What differs from one delivery of a stored CertificateInstallationRes (ISO 15118-20) to the next. */
export interface Iso20Delivery extends Iso20Envelope {
  readonly remainingContractCertificateChains: number;
}

/** After the value of RemainingContractCertificateChains: its own END and that of the message, a bit each. */
const REMAINING_BITS = 8;
const ENDS = 2;

/** Holds all that comes before the END of TimeStamp: SessionID has 8 octets at most, TimeStamp 10. */
const HEADER_CAPACITY = 32;

/** Header octet, root, START of Header, of SessionID and its value. */
const SESSION_ID_BIT = 8 + ROOT_BITS + 3;

/**
 * Encodes a CertificateInstallationRes of ISO 15118-20 as a template.
 * @throws {@link ExiError} for a value that the schema does not allow.
 */
export function encodeIso20ResponseTemplate(
  message: Iso20Message<Iso20CertificateInstallationRes>,
): Iso20ResponseTemplate {
  const writer = new BitWriter();
  encodeDocument(writer, message);
  return { octets: writer.finish(), remainingBit: writer.bit - ENDS - REMAINING_BITS };
}

/**
 * Makes a template of an encoded CertificateInstallationRes of ISO 15118-20. Octets after its end are left off.
 * @throws {@link ExiError} when the bytes are no CertificateInstallationRes of ISO 15118-20.
 */
export function iso20ResponseTemplateOf(response: Uint8Array): Iso20ResponseTemplate {
  const reader = new BitReader(response);
  const { body } = decodeDocument(reader);
  if (body.type !== 'CertificateInstallationRes') {
    throw new ExiError('UNSUPPORTED_MESSAGE', 8, 'the message is not a CertificateInstallationRes');
  }
  const octets = response.slice(0, (reader.bit + 7) >>> 3);
  return { octets, remainingBit: reader.bit - ENDS - REMAINING_BITS };
}

/**
 * Puts another SessionID of 0 to 8 octets, TimeStamp and RemainingContractCertificateChains into a stored response,
 * without decoding, encoding or signing the rest: the signature of ISO 15118-20 covers SignedInstallationData only.
 * SessionID and TimeStamp take whole octets, so what follows them keeps its place within an octet and is copied.
 * @throws {@link ExiError} when a value does not fit, or the template is not one.
 */
export function fillIso20ResponseTemplate(
  { octets, remainingBit }: Iso20ResponseTemplate,
  delivery: Iso20Delivery,
): Uint8Array {
  checkChains(
    delivery.remainingContractCertificateChains,
    remainingBit,
    'RemainingContractCertificateChains',
  );
  if ((remainingBit + REMAINING_BITS + ENDS + 7) >>> 3 !== octets.length) {
    throw new ExiError('TRUNCATED', octets.length * 8, 'the template does not end after its last value');
  }
  const oldRest = bitAfterTimeStamp(octets);
  if (remainingBit <= oldRest) {
    throw new ExiError('TRUNCATED', oldRest, 'the template ends within its header');
  }

  const writer = new BitWriter(HEADER_CAPACITY);
  writer.bits(EXI_HEADER, 8);
  writer.bits(ROOT_CODES.CertificateInstallationRes, ROOT_BITS);
  writer.bits(0, 1);
  encodeEnvelope(writer, delivery);
  const newRest = writer.bit;
  const out = new Uint8Array(octets.length + (newRest - oldRest) / 8);
  out.set(octets.subarray(oldRest >>> 3), newRest >>> 3);
  // The header ends and the rest begins within one octet, which is put together of both.
  const start = writer.finish();
  const seam = start.length - 1;
  const before = 0xff << (8 - (newRest & 7));
  start[seam] = ((start[seam] ?? 0) & before) | ((out[seam] ?? 0) & ~before);
  out.set(start);
  setOctetAt(out, remainingBit + newRest - oldRest, delivery.remainingContractCertificateChains);
  return out;
}

/** Checks that octets begin as a response does, and gives the bit after the value of its TimeStamp. */
function bitAfterTimeStamp(octets: Uint8Array): number {
  const reader = new BitReader(octets);
  const start = reader.bits(8, 'the EXI header');
  const root = reader.bits(ROOT_BITS, 'the document element');
  if (start !== EXI_HEADER || root !== ROOT_CODES.CertificateInstallationRes) {
    throw new ExiError('HEADER', 0, 'the bytes do not begin with a CertificateInstallationRes');
  }
  reader.zeros(SESSION_ID_BIT - reader.bit, 'SessionID');
  const sessionIdOctets = reader.length(ISO20_LIMITS.sessionId, 'SessionID');
  reader.bit += 8 * sessionIdOctets;
  reader.zeros(3, 'TimeStamp');
  readUnsigned64(reader, 'TimeStamp');
  return reader.bit;
}

function setOctetAt(octets: Uint8Array, bit: number, value: number): void {
  const index = bit >>> 3;
  const shift = bit & 7;
  const high = 0xff >>> shift;
  octets[index] = ((octets[index] ?? 0) & ~high) | (value >>> shift);
  if (shift !== 0) octets[index + 1] = ((octets[index + 1] ?? 0) & high) | (value << (8 - shift));
}
