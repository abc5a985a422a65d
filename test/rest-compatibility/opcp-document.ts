import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { schemaFolder } from '@chargegraph/graph';
import type { Received } from './wire.ts';

/** A schema of OpenAPI 3.0, all of its references followed. */
export type Schema = Readonly<Record<string, unknown>>;

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

/** An operation of `schema/opcp.openapi.yaml`. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly withToken: boolean;
  readonly parameters: readonly Parameter[];
  /** Schema of its JSON body; undefined when it has none. */
  readonly body: Schema | undefined;
  readonly responses: Readonly<
    Record<string, { readonly headers: readonly string[]; readonly schema: Schema }>
  >;
}

interface JsonContent {
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } };
}
interface WrittenOperation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: JsonContent;
  readonly responses: Readonly<Record<string, JsonContent & { readonly headers?: object }>>;
}

const methods = ['get', 'put', 'post', 'delete'] as const;

/** The operations of `schema/opcp.openapi.yaml`. */
export function readOperations(): readonly Operation[] {
  const written = parse(readFileSync(join(schemaFolder, 'opcp.openapi.yaml'), 'utf8')) as Schema;
  const { paths } = followReferences(written, written) as {
    paths: Record<string, { parameters?: Parameter[] } & Partial<Record<string, WrittenOperation>>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method): Operation[] => {
      const operation = item[method];
      if (operation === undefined) return [];
      return [
        {
          operationId: operation.operationId,
          method: method.toUpperCase(),
          path,
          withToken: operation.security?.length !== 0,
          parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])],
          body: operation.requestBody?.content?.['application/json']?.schema,
          responses: Object.fromEntries(
            Object.entries(operation.responses).map(([status, { content, headers = {} }]) => [
              status,
              { headers: Object.keys(headers), schema: content?.['application/json']?.schema ?? {} },
            ]),
          ),
        },
      ];
    }),
  );
}

/** Our document refers to nothing outside itself and to nothing in circles. */
function followReferences(node: unknown, root: Schema): unknown {
  if (Array.isArray(node)) return node.map((each) => followReferences(each, root));
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node && typeof node.$ref === 'string') {
    const target = node.$ref
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Schema)[key], root);
    return followReferences(target, root);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, followReferences(value, root)]));
}

/** An answer's fields are those that are documented, and no others. */
function closed(schema: Schema): Schema {
  const inside = (node: unknown): unknown =>
    Array.isArray(node)
      ? node.map(inside)
      : typeof node === 'object' && node !== null
        ? closed(node as Schema)
        : node;
  const within = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inside(value)]));
  return schema['type'] === 'object' ? { ...within, additionalProperties: false } : within;
}

/** Schemas that are compiled once. */
export function createValidator(): (schema: Schema, value: unknown) => string | undefined {
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  const compiled = new Map<Schema, ValidateFunction>();
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

/** What an answer lacks to be one that an operation is documented with: status, headers, JSON, and its fields. */
export function createAnswerCheck(): (operation: Operation, answer: Received) => string | undefined {
  const validate = createValidator();
  const schemas = new Map<Schema, Schema>();
  const closedOf = (schema: Schema): Schema => {
    const known = schemas.get(schema) ?? closed(schema);
    schemas.set(schema, known);
    return known;
  };
  return ({ operationId, responses }, { status, headers, text }) => {
    const documented = responses[String(status)];
    if (status >= 500) return `${status}: ${text}`;
    if (documented === undefined) return `${operationId} is not documented to answer ${status}: ${text}`;
    const missing = documented.headers.filter((name) => headers[name.toLowerCase()] === undefined);
    if (missing.length > 0) return `${status} without ${missing.join(', ')}`;
    const type = headers['content-type'];
    if (typeof type !== 'string' || !type.startsWith('application/json'))
      return `${status} is ${String(type)}`;
    try {
      const fault = validate(closedOf(documented.schema), JSON.parse(text));
      return fault === undefined ? undefined : `${status}: ${fault}: ${text}`;
    } catch (error) {
      return `${status} is no JSON: ${String(error)}`;
    }
  };
}
