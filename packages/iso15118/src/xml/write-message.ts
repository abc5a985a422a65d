import { iso2FaultCodes } from '../iso2/codes.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type { Iso2Header, Iso2Message, Iso2Notification } from '../iso2/model.ts';
import { headerNames, messageNames, typeNames, XML_NAMESPACES, type XmlName } from './names.ts';
import { writeBody } from './write-body.ts';
import { writeSignature } from './write-signature.ts';
import { writeHex, writeOneOf, writeText } from './write-values.ts';
import { XmlWriter, type XmlAttributeValue } from './writer.ts';

const declarations = Object.entries(XML_NAMESPACES).map(([local, uri]): XmlAttributeValue => {
  const name: XmlName = { uri: '', prefix: 'xmlns', local };
  return [name, uri];
});

/**
 * Writes a message in its XML form (ISO 15118-2, V2G_CI_MsgDef.xsd), always the same text for the same message:
 * in one line, with the prefixes of the standard's schemas, SessionID included. The signature stays what it is,
 * one over EXI fragments, and not over this text.
 * @throws {@link MessageXmlError} for a value that the schema does not allow, the same as those that
 *   `encodeMessage` refuses. Minimum lengths are not enforced.
 */
export function messageToXml(message: Iso2Message): string {
  const writer = new XmlWriter();
  writer.raw('<?xml version="1.0" encoding="UTF-8"?>');
  writer.element(messageNames.V2G_Message, declarations, () => {
    writer.element(messageNames.Header, [], () => {
      writeHeader(writer, message.header);
    });
    writer.element(messageNames.Body, [], () => {
      writeBody(writer, message.body);
    });
  });
  return writer.finish();
}

/**
 * The XML form of a message in base64 (RFC 4648, 4), as signed contract data is handed over (OPCP 1.0:
 * `signedData`, `signedContractDataXML`).
 * @throws {@link MessageXmlError}, as {@link messageToXml} does.
 */
export function messageToXmlBase64(message: Iso2Message): string {
  return Buffer.from(messageToXml(message), 'utf8').toString('base64');
}

function writeHeader(writer: XmlWriter, { sessionId, notification, signature }: Iso2Header): void {
  writeHex(writer, headerNames.SessionID, sessionId, ISO2_LIMITS.sessionId);
  if (notification !== undefined) writeNotification(writer, notification);
  if (signature !== undefined) writeSignature(writer, signature);
}

function writeNotification(writer: XmlWriter, { faultCode, faultMsg }: Iso2Notification): void {
  writer.element(headerNames.Notification, [], () => {
    writeOneOf(writer, typeNames.FaultCode, faultCode, iso2FaultCodes);
    if (faultMsg !== undefined) writeText(writer, typeNames.FaultMsg, faultMsg, ISO2_LIMITS.faultMsg);
  });
}
