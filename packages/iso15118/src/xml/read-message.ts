import { iso2FaultCodes } from '../iso2/codes.ts';
import { ISO2_LIMITS } from '../iso2/limits.ts';
import type { Iso2Header, Iso2Message, Iso2Notification } from '../iso2/model.ts';
import type { Iso2Variant } from '../iso2/variants.ts';
import { readDocument, type XmlElement } from './document.ts';
import { ElementReader, refuseAt } from './element-reader.ts';
import { MessageXmlError } from './error.ts';
import { headerNames, messageNames, sameName, signatureNames, typeNames } from './names.ts';
import { readBody } from './read-body.ts';
import { readSignature } from './read-signature.ts';
import { fromBase64, readHexUpTo, readOneOf, readTextUpTo } from './values.ts';

/** A message read from its XML form, and how that deviates from the schema. */
export interface InspectedXmlMessage {
  readonly message: Iso2Message;
  /** `no-session-id`, where it applies. */
  readonly variants: readonly Iso2Variant[];
}

/**
 * Reads a V2G_Message with a certificate message of ISO 15118-2 from its XML form: the standard's namespaces under
 * any prefixes, white space between elements and in base64, elements in the schema's order and nothing else. The
 * signature is the one of the EXI form, so `verifyMessageSignature` and `encodeMessage` take the message as it is.
 * @param xml - A text, or octets in UTF-8; at most {@link XML_MAX_OCTETS} octets.
 * @throws {@link MessageXmlError} for anything else; nothing else. As when decoding, the length of eMAID is not
 *   looked at.
 */
export function messageFromXml(xml: string | Uint8Array): Iso2Message {
  return inspectXmlMessage(xml).message;
}

/** Like {@link messageFromXml}, and names the deviations from the schema of ISO 15118-2 that were tolerated. */
export function inspectXmlMessage(xml: string | Uint8Array): InspectedXmlMessage {
  const root = readDocument(xml);
  if (!sameName(root, messageNames.V2G_Message)) {
    refuseAt(root, 'UNSUPPORTED_MESSAGE', 'is not V2G_Message of ISO 15118-2');
  }
  const variants: Iso2Variant[] = [];
  const reader = new ElementReader(root);
  const header = reader.required(messageNames.Header, (element) => readHeader(element, variants));
  const body = reader.required(messageNames.Body, readBody);
  reader.end();
  return { message: { header, body }, variants };
}

/**
 * Reads a message from its XML form in base64 (RFC 4648, 4), with or without line breaks, in which provisioning
 * services hand over signed contract data (OPCP 1.0: `signedData`, `signedContractDataXML`).
 * @throws {@link MessageXmlError}, as {@link messageFromXml} does.
 */
export function messageFromXmlBase64(base64: string): Iso2Message {
  const octets = fromBase64(base64);
  if (octets === undefined) throw new MessageXmlError('XML_VALUE', '', 'is not base64');
  return messageFromXml(octets);
}

function readHeader(element: XmlElement, variants: Iso2Variant[]): Iso2Header {
  const reader = new ElementReader(element);
  const sessionId = reader.optional(headerNames.SessionID, readHexUpTo(ISO2_LIMITS.sessionId));
  const notification = reader.optional(headerNames.Notification, readNotification);
  const signature = reader.optional(signatureNames.Signature, readSignature);
  reader.end();
  if (sessionId === undefined) variants.push('no-session-id');
  return {
    sessionId: sessionId ?? new Uint8Array(0),
    ...(notification === undefined ? {} : { notification }),
    ...(signature === undefined ? {} : { signature }),
  };
}

function readNotification(element: XmlElement): Iso2Notification {
  const reader = new ElementReader(element);
  const faultCode = reader.required(typeNames.FaultCode, readOneOf(iso2FaultCodes));
  const faultMsg = reader.optional(typeNames.FaultMsg, readTextUpTo(ISO2_LIMITS.faultMsg));
  reader.end();
  return faultMsg === undefined ? { faultCode } : { faultCode, faultMsg };
}
