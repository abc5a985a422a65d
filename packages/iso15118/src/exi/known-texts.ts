import { scratchView, viewOf } from './scratch.ts';

interface KnownText {
  readonly text: string;
  readonly octets: DataView;
}

/**
 * Strings that occur in nearly every message, such as the URIs of algorithms: they are recognised by their octets
 * instead of being put together each time, and written without being taken apart. Any other string goes the long way;
 * the bits are the same.
 */
export class KnownTexts {
  readonly #byText: ReadonlyMap<string, DataView>;
  /** Few have the same length. */
  readonly #byLength: readonly (readonly KnownText[])[];

  /** @param texts - Printable ASCII only. */
  constructor(texts: readonly string[]) {
    const known = texts.map((text) => ({ text, octets: viewOf(new TextEncoder().encode(text)) }));
    const longest = Math.max(...texts.map((text) => text.length));
    this.#byText = new Map(known.map(({ text, octets }) => [text, octets]));
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) =>
      known.filter(({ text }) => text.length === length),
    );
  }

  /** The octets of a text, if it is known. */
  octetsOf(text: string): DataView | undefined {
    return this.#byText.get(text);
  }

  /** The text that the first `length` octets of the scratch spell, if it is known. */
  inScratch(length: number): string | undefined {
    const candidates = this.#byLength[length];
    if (candidates === undefined) return undefined;
    for (const { text, octets } of candidates) {
      if (isInScratch(octets, length)) return text;
    }
    return undefined;
  }
}

function isInScratch(octets: DataView, length: number): boolean {
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    if (octets.getInt32(index) !== scratchView.getInt32(index)) return false;
  }
  for (; index < length; index++) {
    if (octets.getUint8(index) !== scratchView.getUint8(index)) return false;
  }
  return true;
}
