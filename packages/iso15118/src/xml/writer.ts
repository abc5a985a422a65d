import { isXmlCharacter } from '../exi/text.ts';
import { MessageXmlError, type XmlErrorCode } from './error.ts';
import type { XmlName } from './names.ts';

/** An attribute to write; left out when its value is undefined. */
export type XmlAttributeValue = readonly [name: XmlName, value: string | undefined];

/**
 * What would not come back as it is: markup, and the white space that reading turns into spaces or into line
 * feeds (XML 1.0, 2.11 and 3.3.3). In text only the carriage return is.
 */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
]);

/** Writes elements without white space between them, always in the same way. */
export class XmlWriter {
  #text = '';
  readonly #open: XmlName[] = [];

  /** Markup as it stands. */
  raw(markup: string): void {
    this.#text += markup;
  }

  /** An element with what `content` writes. */
  element(name: XmlName, attributes: readonly XmlAttributeValue[], content: () => void): void {
    this.#open.push(name);
    this.#text += `<${qualified(name)}`;
    for (const [attribute, value] of attributes) {
      if (value === undefined) continue;
      this.#text += ` ${qualified(attribute)}="${this.#escape(value, /[&<>"\t\n\r]/g, attribute)}"`;
    }
    const start = this.#text.length;
    this.#text += '>';
    content();
    if (this.#text.length === start + 1) this.#text = `${this.#text.slice(0, start)}/>`;
    else this.#text += `</${qualified(name)}>`;
    this.#open.pop();
  }

  /** An element with text. */
  leaf(name: XmlName, text: string, attributes: readonly XmlAttributeValue[] = []): void {
    this.element(name, attributes, () => {
      this.#text += this.#escape(text, /[&<>\r]/g);
    });
  }

  /** Refuses to write the element that is open, or the child `name` of it. */
  refuse(code: XmlErrorCode, problem: string, name?: XmlName): never {
    const names = name === undefined ? this.#open : [...this.#open, name];
    throw new MessageXmlError(code, names.map(({ local }) => local).join('/'), problem);
  }

  /** Everything written. */
  finish(): string {
    return this.#text;
  }

  #escape(text: string, special: RegExp, attribute?: XmlName): string {
    for (let index = 0; index < text.length; index++) {
      const codePoint = text.codePointAt(index) ?? 0;
      if (!isXmlCharacter(codePoint)) {
        const names = [...this.#open.map(({ local }) => local)];
        if (attribute !== undefined) names.push(`@${attribute.local}`);
        throw new MessageXmlError('CHARACTER', names.join('/'), 'has a character that XML does not allow');
      }
      if (codePoint > 0xffff) index++;
    }
    return text.replace(special, (character) => ESCAPES.get(character) ?? character);
  }
}

function qualified({ prefix, local }: XmlName): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}
