import type { BitReader } from '../exi/bit-reader.ts';
import { readUnsigned64 } from '../exi/integer.ts';
import { decodeSignature } from '../xmldsig/decode.ts';
import { ISO20_LIMITS } from './limits.ts';
import type { Iso20Header } from './model.ts';

/** The content of a message's Header, its END included. */
export function decodeHeader(reader: BitReader): Iso20Header {
  reader.zeros(2, 'SessionID');
  const sessionId = reader.binary(ISO20_LIMITS.sessionId, 'SessionID');
  reader.zeros(3, 'TimeStamp');
  const timeStamp = readUnsigned64(reader, 'TimeStamp');
  reader.zeros(1, 'the end of TimeStamp');
  if (reader.event(2, 2, 'Header') === 1) return { sessionId, timeStamp };
  const signature = decodeSignature(reader);
  reader.zeros(1, 'the end of Header');
  return { sessionId, timeStamp, signature };
}
