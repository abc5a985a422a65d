import type { BitWriter } from '../exi/bit-writer.ts';
import { writeText } from '../exi/text.ts';
import { encodeSignature } from '../xmldsig/encode.ts';
import { iso2FaultCodes } from './codes.ts';
import { writeBinary, writeEnumeration } from './encode-types.ts';
import { FAULT_CODE_BITS } from './event-codes.ts';
import { ISO2_LIMITS } from './limits.ts';
import type { Iso2Header, Iso2Notification } from './model.ts';

/** The content of a message's Header, its END included. */
export function encodeHeader(writer: BitWriter, header: Iso2Header): void {
  writer.bits(0, 2);
  writeBinary(writer, header.sessionId, ISO2_LIMITS.sessionId, 'SessionID');
  writer.bits(0, 1);
  const { notification, signature } = header;
  if (notification !== undefined) {
    writer.bits(0, 2);
    encodeNotification(writer, notification);
  }
  // The productions are Notification, Signature, END; once Notification is passed the others move up by one.
  const passed = notification === undefined ? 0 : 1;
  if (signature === undefined) {
    writer.bits(2 - passed, 2);
    return;
  }
  writer.bits(1 - passed, 2);
  encodeSignature(writer, signature);
  writer.bits(0, 1);
}

function encodeNotification(writer: BitWriter, notification: Iso2Notification): void {
  writer.bits(0, 2);
  writeEnumeration(writer, iso2FaultCodes, notification.faultCode, FAULT_CODE_BITS, 'FaultCode');
  writer.bits(0, 1);
  if (notification.faultMsg === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 3);
  writeText(writer, notification.faultMsg, ISO2_LIMITS.faultMsg, 'FaultMsg');
  writer.bits(0, 2);
}
