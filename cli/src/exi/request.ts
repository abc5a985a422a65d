/** A request that cannot be served; the sentence is for whoever wrote it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** The values of `schema`; the first is meant when it is absent. */
const exiSchemas = ['iso15118-2', 'iso15118-20'] as const;

/** One of the values of `schema`. */
export type ExiSchema = (typeof exiSchemas)[number];

/** One line of input: a JSON object whose `schema` we speak. */
export class ExiRequest {
  readonly schema: ExiSchema;
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
    this.schema = readSchema(this.#fields.get('schema') ?? exiSchemas[0]);
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

function readSchema(value: unknown): ExiSchema {
  const schema = exiSchemas.find((candidate) => candidate === value);
  if (schema !== undefined) return schema;
  const shown = typeof value === 'string' ? value.slice(0, 40) : typeof value;
  throw new RequestError(`schema ${JSON.stringify(shown)} is not supported; ${exiSchemas.join(' and ')} are`);
}
