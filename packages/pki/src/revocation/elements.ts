import { ASN1Construction, ASN1TagClass, DERElement } from 'asn1-ts';

/** One element of a DER encoding. Both are views of the octets it was read from. */
export interface Element {
  /** With tag and length. */
  readonly raw: Uint8Array;
  /** Without them. */
  readonly value: Uint8Array;
  /** The number of a context-specific tag; undefined for a universal one. */
  readonly context: number | undefined;
  /** The number of a universal tag; undefined for any other. */
  readonly universal: number | undefined;
  /** True if it holds elements. */
  readonly constructed: boolean;
}

/**
 * Reads the element at the beginning of `octets` without looking into it.
 *
 * @throws Error if there is none
 */
export function readElement(octets: Uint8Array): Element {
  const element = new DERElement();
  const length = element.fromBytes(octets);
  const { tagClass, tagNumber } = element;
  return {
    raw: octets.subarray(0, length),
    value: element.value,
    context: tagClass === ASN1TagClass.context ? tagNumber : undefined,
    universal: tagClass === ASN1TagClass.universal ? tagNumber : undefined,
    constructed: element.construction === ASN1Construction.constructed,
  };
}

/**
 * Reads `octets` as exactly one element.
 *
 * @throws Error if they are none or something follows it
 */
export function readOnlyElement(octets: Uint8Array): Element {
  const element = readElement(octets);
  if (element.raw.length !== octets.length) throw new Error('octets follow the element');
  return element;
}

/**
 * The elements that a constructed one holds, one level deep.
 *
 * @throws Error if it is malformed
 */
export function elementsOf({ value, constructed }: Element): Element[] {
  if (!constructed) throw new Error('the element holds no others');
  const elements: Element[] = [];
  for (let position = 0; position < value.length;) {
    const element = readElement(value.subarray(position));
    elements.push(element);
    position += element.raw.length;
  }
  return elements;
}

/**
 * The octets of a BIT STRING that has no unused bits, as all signatures and keys are. It is never in parts: that is BER
 * (X.690 clause 10.2).
 *
 * @throws Error if it is another element
 */
export function bitStringOctets({ value, universal, constructed }: Element): Uint8Array {
  if (universal !== 3 || constructed || value[0] !== 0)
    throw new Error('the element is no BIT STRING of whole octets');
  return value.subarray(1);
}
