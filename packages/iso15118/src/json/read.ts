import { MessageJsonError } from './error.ts';

export { MessageJsonError };

/** A JSON object whose fields are taken one by one; a field that nobody takes is refused by {@link end}. */
export class JsonFields {
  readonly path: string;
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #taken = new Set<string>();

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MessageJsonError(path, 'must be an object');
    }
    this.path = path;
    this.#fields = new Map(Object.entries(value));
  }

  /** The path of one of the fields. */
  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** The field's value; undefined when it is absent. */
  take(name: string): unknown {
    this.#taken.add(name);
    return this.#fields.get(name);
  }

  /** The field read by `read`, or undefined when it is absent. */
  optional<Value>(name: string, read: (value: unknown, path: string) => Value): Value | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : read(value, this.pathOf(name));
  }

  /** The field read by `read`; refused when it is absent. */
  required<Value>(name: string, read: (value: unknown, path: string) => Value): Value {
    const value = this.take(name);
    if (value === undefined) throw new MessageJsonError(this.pathOf(name), 'is missing', 'JSON_MISSING');
    return read(value, this.pathOf(name));
  }

  /** Refuses fields that were not asked for, so that a misspelt one is not lost silently. */
  end(): void {
    for (const name of this.#fields.keys()) {
      if (!this.#taken.has(name))
        throw new MessageJsonError(this.pathOf(name), 'is not a field of the message', 'JSON_UNKNOWN_FIELD');
    }
  }
}

/** Reads an array, each entry with its path. */
export function readArray<Value>(read: (value: unknown, path: string) => Value) {
  return (value: unknown, path: string): Value[] => {
    if (!Array.isArray(value)) throw new MessageJsonError(path, 'must be an array');
    return value.map((entry: unknown, index) => read(entry, `${path}[${String(index)}]`));
  };
}

export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new MessageJsonError(path, 'must be a string');
  return value;
}

/** One of a closed list of strings. */
export function readOneOf<Value extends string>(values: readonly Value[]) {
  return (value: unknown, path: string): Value => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new MessageJsonError(path, `must be one of ${values.join(', ')}`);
    return found;
  };
}

/** Binary in base64 (RFC 4648, 4), padded, without line breaks. */
export function readBase64(value: unknown, path: string): Uint8Array {
  const text = readString(value, path);
  const decoded = Buffer.from(text, 'base64');
  if (decoded.toString('base64') !== text) throw new MessageJsonError(path, 'must be base64');
  return new Uint8Array(decoded);
}

/** Binary in hexadecimal. */
export function readHex(value: unknown, path: string): Uint8Array {
  const text = readString(value, path);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new MessageJsonError(path, 'must be hexadecimal, two digits an octet');
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** More digits than any integer that a message can hold. */
const MAX_DIGITS = 100;

/** An integer of any size, as a string of decimal digits. */
export function readDecimal(value: unknown, path: string): bigint {
  const text = readString(value, path);
  if (text.length > MAX_DIGITS || !/^(?:0|-?[1-9]\d*)$/.test(text)) {
    throw new MessageJsonError(path, 'must be a decimal integer in a string');
  }
  return BigInt(text);
}

export function readInteger(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new MessageJsonError(path, 'must be an integer');
  }
  return value;
}
