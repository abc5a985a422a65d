import type { XmlElement } from './document.ts';
import { MessageXmlError } from './error.ts';
import { sameName, type XmlName } from './names.ts';
import { isWhiteSpace } from './white-space.ts';

/**
 * Takes the attributes and, in the order of the schema, the children of an element one by one; {@link end}
 * refuses what nobody took.
 */
export class ElementReader {
  readonly #element: XmlElement;
  readonly #takenAttributes: XmlName[] = [];
  #next = 0;

  constructor(element: XmlElement) {
    this.#element = element;
  }

  /** The value of an attribute; undefined when it is absent. */
  optionalAttribute(name: XmlName): string | undefined {
    this.#takenAttributes.push(name);
    return this.#element.attributes.find((attribute) => sameName(attribute, name))?.value;
  }

  /** The value of an attribute; refused when it is absent. */
  requiredAttribute(name: XmlName): string {
    const value = this.optionalAttribute(name);
    if (value === undefined) this.#refuse('XML_MISSING', `lacks the attribute ${name.local}`);
    return value;
  }

  /** The next child read by `read` if it has this name; otherwise undefined. */
  optional<Value>(name: XmlName, read: (element: XmlElement) => Value): Value | undefined {
    const child = this.#element.children[this.#next];
    if (child === undefined || !sameName(child, name)) return undefined;
    this.#next++;
    return read(child);
  }

  /** The next child read by `read`; refused when it has another name or there is none. */
  required<Value>(name: XmlName, read: (element: XmlElement) => Value): Value {
    const child = this.#element.children[this.#next];
    if (child === undefined) this.#refuse('XML_MISSING', `lacks ${name.local}`);
    if (!sameName(child, name)) refuseAt(child, 'XML_ELEMENT', `stands where ${name.local} must be`);
    this.#next++;
    return read(child);
  }

  /** The children of this name from the next on, 1 to `limit`, each read by `read`. */
  repeated<Value>(name: XmlName, limit: number, read: (element: XmlElement) => Value): Value[] {
    const values = [this.required(name, read)];
    for (;;) {
      const child = this.#element.children[this.#next];
      if (child === undefined || !sameName(child, name)) return values;
      if (values.length === limit) {
        this.#refuse('COUNT', `has more than ${String(limit)} ${name.local}`);
      }
      this.#next++;
      values.push(read(child));
    }
  }

  /** Refuses one of `names` as the next child: the schema allows it, Plug & Charge does not use it. */
  unused(...names: readonly XmlName[]): void {
    const child = this.#element.children[this.#next];
    if (child !== undefined && names.some((name) => sameName(child, name))) {
      refuseAt(child, 'UNSUPPORTED_ELEMENT', 'is content that ISO 15118 messages do not use');
    }
  }

  /** The text of an element that has no children, as it stands. */
  text(): string {
    const [child] = this.#element.children;
    if (child !== undefined) refuseAt(child, 'XML_ELEMENT', 'stands where only text may be');
    this.#endAttributes();
    return this.#element.text;
  }

  /** Refuses what is left: children, attributes, and text between the children. */
  end(): void {
    const child = this.#element.children[this.#next];
    if (child !== undefined) refuseAt(child, 'XML_ELEMENT', 'may not stand here');
    if (!isWhiteSpace(this.#element.text)) this.#refuse('XML_TEXT', 'has text where only elements may be');
    this.#endAttributes();
  }

  #endAttributes(): void {
    for (const attribute of this.#element.attributes) {
      if (!this.#takenAttributes.some((name) => sameName(attribute, name))) {
        const { path, position } = this.#element;
        throw new MessageXmlError(
          'XML_ATTRIBUTE',
          `${path}/@${attribute.local}`,
          'is no attribute of the element',
          position,
        );
      }
    }
  }

  #refuse(code: MessageXmlError['code'], problem: string): never {
    refuseAt(this.#element, code, problem);
  }
}

/** Throws a {@link MessageXmlError} about an element. */
export function refuseAt(element: XmlElement, code: MessageXmlError['code'], problem: string): never {
  throw new MessageXmlError(code, element.path, problem, element.position);
}
