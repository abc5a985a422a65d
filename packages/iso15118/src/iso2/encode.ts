import { BitWriter } from '../exi/bit-writer.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { encodeBody } from './encode-body.ts';
import { encodeHeader } from './encode-header.ts';
import { BODY_BITS, BODY_CODES, V2G_MESSAGE, V2G_MESSAGE_BITS } from './event-codes.ts';
import type { Iso2Message } from './model.ts';

/** Holds a typical response without growing. */
const CAPACITY = 6 * 1024;

/**
 * Encodes an ISO 15118-2 certificate message, always as the standard and EXI 1.0 prescribe.
 * @throws {@link ExiError} for a value that the schema does not allow. Minimum lengths are not enforced:
 *   negative responses in the field carry placeholders.
 */
export function encodeMessage(message: Iso2Message): Uint8Array {
  const writer = new BitWriter(CAPACITY);
  writer.bits(EXI_HEADER, 8);
  writer.bits(V2G_MESSAGE, V2G_MESSAGE_BITS);
  writer.bits(0, 1);
  encodeHeader(writer, message.header);
  writer.bits(0, 1);
  writer.bits(BODY_CODES[message.body.type], BODY_BITS);
  encodeBody(writer, message.body);
  writer.bits(0, 2);
  return writer.finish();
}
