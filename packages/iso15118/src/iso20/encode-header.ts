import type { BitWriter } from '../exi/bit-writer.ts';
import { writeUnsigned64 } from '../exi/integer.ts';
import { writeBinary } from '../iso2/encode-types.ts';
import { encodeSignature } from '../xmldsig/encode.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20Header } from './model.ts';

/** The content of a message's Header, its END included. */
export function encodeHeader(writer: BitWriter, header: Iso20Header): void {
  encodeEnvelope(writer, header);
  writer.bits(0, 1);
  if (header.signature === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 2);
  encodeSignature(writer, header.signature);
  writer.bits(0, 1);
}

/** The first part of a Header's content: all that comes before the END of TimeStamp. */
export function encodeEnvelope(
  writer: BitWriter,
  { sessionId, timeStamp }: Omit<Iso20Header, 'signature'>,
): void {
  writer.bits(0, 2);
  writeBinary(writer, sessionId, ISO20_LIMITS.sessionId, 'SessionID');
  writer.bits(0, 3);
  writeUnsigned64(writer, timeStamp, 'TimeStamp');
}
