import { ExiError } from '../exi/error.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { V2G_MESSAGE } from './event-codes.ts';
import { ISO2_LIMITS } from './limits.ts';

/** Header octet, 7 bits V2G_Message and three one-bit codes come before the length of SessionID. */
const LENGTH_BIT = 18;
/** Of the octet that these bits end in, those that lie before the length. */
const BEFORE_LENGTH = 0xc0;
/** First octet after the one that the length starts in: the length's last bits, or any later octet's. */
const AFTER_LENGTH = 3;

/**
 * Puts another SessionID, of 0 to 8 octets, into an encoded message, without decoding or signing anything: the
 * signature of ISO 15118-2 covers elements of the body only. The SessionID takes whole octets, so what follows
 * it keeps its place within an octet and is copied as it is.
 * @param message - An encoded message as {@link encodeMessage} writes it; it is not changed.
 * @throws {@link ExiError} when the bytes do not begin as a message does or the SessionID is too long.
 */
export function withSessionId(message: Uint8Array, sessionId: Uint8Array): Uint8Array {
  if (sessionId.length > ISO2_LIMITS.sessionId) {
    throw new ExiError('TOO_LONG', LENGTH_BIT, `SessionID has ${String(sessionId.length)} octets, at most 8`);
  }
  const first = message[2] ?? 0;
  const second = message[AFTER_LENGTH] ?? 0;
  if (message[0] !== EXI_HEADER || message[1] !== V2G_MESSAGE << 1 || (first & BEFORE_LENGTH) !== 0) {
    throw new ExiError('HEADER', 0, 'the bytes do not begin with the header of a V2G_Message');
  }
  const oldLength = (first << 2) | (second >>> 6);
  if (oldLength > ISO2_LIMITS.sessionId) {
    throw new ExiError('TOO_LONG', LENGTH_BIT, `SessionID has ${String(oldLength)} octets, at most 8`);
  }
  const oldRest = AFTER_LENGTH + oldLength;
  if (message.length <= oldRest)
    throw new ExiError('TRUNCATED', LENGTH_BIT, 'the bytes end within SessionID');

  const newRest = AFTER_LENGTH + sessionId.length;
  const out = new Uint8Array(message.length - oldLength + sessionId.length);
  out[0] = EXI_HEADER;
  out[1] = V2G_MESSAGE << 1;
  let octet = sessionId.length;
  for (let index = 0; index < sessionId.length; index++) {
    out[2 + index] = ((out[2 + index] ?? 0) & BEFORE_LENGTH) | (octet >>> 2);
    out[AFTER_LENGTH + index] = octet << 6;
    octet = sessionId[index] ?? 0;
  }
  out[newRest - 1] = ((out[newRest - 1] ?? 0) & BEFORE_LENGTH) | (octet >>> 2);
  out.set(message.subarray(oldRest), newRest);
  out[newRest] = (octet << 6) | ((message[oldRest] ?? 0) & 0x3f);
  return out;
}
