import { Iso15118Error } from '../error.ts';

/**
 * Why text is not the XML form of a message, or a message cannot be written in it. Those without `XML_` say of
 * the XML form what they say of EXI. Closed: a new reason gets a new code here.
 *
 * - `XML_SIZE`: more octets or elements than any message needs.
 * - `XML_ENCODING`: not UTF-8, or declared to be something else.
 * - `XML_SYNTAX`: not well-formed XML 1.0 with namespaces; an entity other than the five predefined is that too.
 * - `XML_FORBIDDEN`: a document type, processing instruction, comment or CDATA section.
 * - `XML_ELEMENT`: an element that may not stand where it stands: unknown, out of order or repeated.
 * - `XML_ATTRIBUTE`: an attribute that the element does not have.
 * - `XML_MISSING`: an element or attribute that must be there is not.
 * - `XML_TEXT`: text where only elements may be.
 * - `XML_VALUE`: text that is not base64, hexadecimal or an integer where it must be.
 * - `UNSUPPORTED_MESSAGE`: a document or body element that is not a certificate message.
 * - `UNSUPPORTED_ELEMENT`: schema-conform content that Plug & Charge messages do not use (KeyInfo, Object, …).
 * - `INTEGER_RANGE`: an integer outside the range of its type.
 * - `ENUMERATION`: an enumeration value that does not exist.
 * - `TOO_LONG`: a string or binary longer than its type allows.
 * - `COUNT`: fewer or more repetitions than the schema allows.
 * - `CHARACTER`: a code point that XML does not allow.
 */
export const xmlErrorCodes = [
  'XML_SIZE',
  'XML_ENCODING',
  'XML_SYNTAX',
  'XML_FORBIDDEN',
  'XML_ELEMENT',
  'XML_ATTRIBUTE',
  'XML_MISSING',
  'XML_TEXT',
  'XML_VALUE',
  'UNSUPPORTED_MESSAGE',
  'UNSUPPORTED_ELEMENT',
  'INTEGER_RANGE',
  'ENUMERATION',
  'TOO_LONG',
  'COUNT',
  'CHARACTER',
] as const;

/** One of {@link xmlErrorCodes}: what of XML 1.0 or of the schema of ISO 15118-2 is not kept. */
export type XmlErrorCode = (typeof xmlErrorCodes)[number];

/** A place in an XML text. */
export interface XmlPosition {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
}

/** Hostile names are as long as they like; what is shown of them is not. */
const MAX_SHOWN = 300;

/** The only error that reading the XML form throws, and that writing it throws for values the schema forbids. */
export class MessageXmlError extends Iso15118Error {
  override readonly name = 'MessageXmlError';
  readonly code: XmlErrorCode;
  /** Names from the document element on, `V2G_Message/Body/…/eMAID/@Id`; empty for the document as a whole. */
  readonly path: string;
  /** Where it was noticed; undefined when writing, and for the document as a whole. */
  readonly position: XmlPosition | undefined;

  /** @param problem - What is wrong, as the rest of a sentence that begins with the path. */
  constructor(code: XmlErrorCode, path: string, problem: string, position?: XmlPosition) {
    const sentence = `${path === '' ? 'the message' : clip(path)} ${clip(problem)}`;
    super(
      position === undefined
        ? sentence
        : `${sentence} (at line ${String(position.line)}, column ${String(position.column)})`,
    );
    this.code = code;
    this.path = clip(path);
    this.position = position;
  }
}

function clip(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
