/** A request that cannot be served; the sentence is for whoever wrote it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const DEFAULT_SCHEMA = 'iso15118-2';

/** One line of input: a JSON object whose `schema` we speak. */
export class ExiRequest {
  readonly #fields: ReadonlyMap<string, unknown>;

  /**
   * @param value - Anything that `JSON.parse` gives.
   * @throws RequestError when it is no object or its `schema` is not supported.
   */
  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new RequestError('the line must be a JSON object');
    }
    this.#fields = new Map(Object.entries(value));
    const schema = this.#fields.get('schema') ?? DEFAULT_SCHEMA;
    if (schema !== DEFAULT_SCHEMA) {
      const shown = typeof schema === 'string' ? schema.slice(0, 40) : typeof schema;
      throw new RequestError(`schema ${JSON.stringify(shown)} is not supported; ${DEFAULT_SCHEMA} is`);
    }
  }

  /** A field, whatever it is; refused when it is absent. */
  field(name: string): unknown {
    const value = this.#fields.get(name);
    if (value === undefined) throw new RequestError(`${name} is missing`);
    return value;
  }

  /** The octets of `exiBase64`. */
  exi(): Uint8Array {
    const text = this.field('exiBase64');
    if (typeof text !== 'string') throw new RequestError('exiBase64 must be a string');
    const octets = Buffer.from(text, 'base64');
    if (octets.toString('base64') !== text) throw new RequestError('exiBase64 must be base64');
    return octets;
  }
}
