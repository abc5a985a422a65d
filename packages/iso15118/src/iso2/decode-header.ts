import type { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { readText } from '../exi/text.ts';
import { decodeSignature } from '../xmldsig/decode.ts';
import type { Signature } from '../xmldsig/model.ts';
import { iso2FaultCodes } from './codes.ts';
import { FAULT_CODE_BITS } from './event-codes.ts';
import { ISO2_LIMITS } from './limits.ts';
import type { Iso2Header, Iso2Notification } from './model.ts';

/** Productions after SessionID: Notification, Signature, END; after Notification the first is gone. */
const NOTIFICATION = 0;
const SIGNATURE = 1;
const END = 2;

/** The content of a message's Header, its END included. */
export function decodeHeader(reader: BitReader): Iso2Header {
  reader.zeros(2, 'SessionID');
  const sessionId = reader.binary(ISO2_LIMITS.sessionId, 'SessionID');
  reader.zeros(1, 'the end of SessionID');
  let notification: Iso2Notification | undefined;
  let signature: Signature | undefined;
  let next = reader.event(2, 3, 'Header');
  if (next === NOTIFICATION) {
    notification = decodeNotification(reader);
    next = reader.event(2, 2, 'Header') + SIGNATURE;
  }
  if (next !== END) {
    signature = decodeSignature(reader);
    reader.zeros(1, 'the end of Header');
  }
  if (notification === undefined) return signature === undefined ? { sessionId } : { sessionId, signature };
  return signature === undefined ? { sessionId, notification } : { sessionId, notification, signature };
}

function decodeNotification(reader: BitReader): Iso2Notification {
  reader.zeros(2, 'FaultCode');
  const start = reader.bit;
  const faultCode = iso2FaultCodes[reader.bits(FAULT_CODE_BITS, 'FaultCode')];
  if (faultCode === undefined) throw new ExiError('ENUMERATION', start, 'FaultCode is out of range');
  reader.zeros(1, 'the end of FaultCode');
  if (reader.event(2, 2, 'Notification') === 1) return { faultCode };
  reader.zeros(1, 'FaultMsg');
  const faultMsg = readText(reader, ISO2_LIMITS.faultMsg, 'FaultMsg');
  reader.zeros(2, 'the end of Notification');
  return { faultCode, faultMsg };
}
