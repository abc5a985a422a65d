import { SaxesParser, type SaxesTagNS } from 'saxes';
import { MessageXmlError, type XmlPosition } from './error.ts';

/** An element with what is directly in it. */
export interface XmlElement {
  readonly uri: string;
  readonly local: string;
  /** Names from the document element on. */
  readonly path: string;
  /** Where its start tag ends. */
  readonly position: XmlPosition;
  /** Without the declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: XmlElement[];
  /** All text between its children, put together. */
  text: string;
}

/** An attribute of an element. */
export interface XmlAttribute {
  readonly uri: string;
  readonly local: string;
  readonly value: string;
}

/**
 * Octets that the XML form of a message may have: many times those of a response with full chains of
 * certificates of the greatest length.
 */
export const XML_MAX_OCTETS = 256 * 1024;

/** Twice the depth of the deepest element, an XPath. */
const MAX_DEPTH = 16;
/** Many times those of the largest message; bounds the memory that a hostile text takes. */
const MAX_ELEMENTS = 4096;
const XMLNS = 'http://www.w3.org/2000/xmlns/';

/**
 * Reads an XML 1.0 document in UTF-8 into a tree, refusing what a message never holds: document types, and with
 * them all entities but the predefined ones, processing instructions, comments and CDATA sections.
 * @param xml - A text, or octets, with or without byte order mark.
 * @throws {@link MessageXmlError} and nothing else.
 */
export function readDocument(xml: string | Uint8Array): XmlElement {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;

  const position = (): XmlPosition => ({ line: parser.line, column: parser.column + 1 });
  const path = (): string => open.at(-1)?.path ?? '';
  const forbid = (what: string) => (): never => {
    throw new MessageXmlError('XML_FORBIDDEN', path(), `has ${what}`, position());
  };

  parser.on('doctype', forbid('a document type'));
  parser.on('processinginstruction', forbid('a processing instruction'));
  parser.on('comment', forbid('a comment'));
  parser.on('cdata', forbid('a CDATA section'));
  parser.on('error', (error) => {
    // The parser begins its sentences with line and column, which the error gets from us.
    const problem = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
    throw new MessageXmlError('XML_SYNTAX', path(), `is not well-formed: ${problem}`, position());
  });
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw new MessageXmlError('XML_SYNTAX', '', 'is not XML 1.0', position());
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
      throw new MessageXmlError('XML_ENCODING', '', `is declared to be ${encoding}, not UTF-8`, position());
    }
  });
  parser.on('opentag', (tag) => {
    const parent = open.at(-1);
    elements++;
    if (elements > MAX_ELEMENTS || open.length === MAX_DEPTH) {
      throw new MessageXmlError('XML_SIZE', path(), 'has too many elements', position());
    }
    const element = elementOf(tag, parent, position());
    if (parent === undefined) root = element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    // Outside the document element the parser lets nothing but white space pass.
    if (element !== undefined) element.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });

  parser.write(readText(xml)).close();
  if (root === undefined)
    throw new MessageXmlError('XML_SYNTAX', '', 'is not well-formed: it has no element');
  return root;
}

function elementOf(tag: SaxesTagNS, parent: XmlElement | undefined, position: XmlPosition): XmlElement {
  const attributes = Object.values(tag.attributes)
    .filter(({ uri }) => uri !== XMLNS)
    .map(({ uri, local, value }) => ({ uri, local, value }));
  const path = parent === undefined ? tag.local : `${parent.path}/${tag.local}`;
  return { uri: tag.uri, local: tag.local, path, position, attributes, children: [], text: '' };
}

function readText(xml: string | Uint8Array): string {
  const octets = typeof xml === 'string' ? Buffer.byteLength(xml) : xml.length;
  if (octets > XML_MAX_OCTETS) {
    throw new MessageXmlError(
      'XML_SIZE',
      '',
      `has ${String(octets)} octets, at most ${String(XML_MAX_OCTETS)}`,
    );
  }
  if (typeof xml === 'string') {
    if (/\p{Surrogate}/u.test(xml)) {
      throw new MessageXmlError('XML_ENCODING', '', 'has half of a surrogate pair');
    }
    return xml;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(xml);
  } catch {
    throw new MessageXmlError('XML_ENCODING', '', 'is not UTF-8');
  }
}
