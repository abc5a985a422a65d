import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from '../opcp-document.ts';

/**
 * Where OPCP's documents lie: the folder `OPCP-1.0.0/reference` of a clone of hubject/opcp. They are read where they are
 * and kept nowhere.
 */
export const referenceFolder = process.env['OPCP_REFERENCE'];

/** The documents of what is served here. The others are of EST and of webhooks. */
const documents = ['accessToken', 'rcp', 'pcp', 'cps', 'ccp'] as const;

/** A body that OPCP gives as an example. */
export interface ExampleBody {
  readonly name: string;
  readonly contentType: string;
  readonly value: Schema;
}

/** An operation as OPCP documents it. */
export interface OpcpCall {
  readonly method: string;
  /** With the names of its parameters in braces, which are not always ours. */
  readonly path: string;
  readonly statuses: readonly string[];
  /** Schema of each answer in JSON, by status. */
  readonly answers: Readonly<Record<string, Schema>>;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly example: unknown }[];
  readonly bodies: readonly ExampleBody[];
  /** The sentences of its refusals. */
  readonly sentences: readonly string[];
}

const isRecord = (node: unknown): node is Schema =>
  typeof node === 'object' && node !== null && !Array.isArray(node);

/** All documents, with their references followed, within a document and from one to another. */
function readDocuments(folder: string): Schema[] {
  const files = new Map<string, unknown>();
  const read = (file: string): unknown => {
    const known = files.get(file) ?? (JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown);
    files.set(file, known);
    return known;
  };
  const follow = (node: unknown, file: string): unknown => {
    if (Array.isArray(node)) return node.map((each) => follow(each, file));
    if (!isRecord(node)) return node;
    if (typeof node['$ref'] === 'string') {
      const [other = '', pointer = ''] = node['$ref'].split('#');
      const target = other === '' ? file : other.replace(/^.*\//, '');
      const keys = pointer.split('/').slice(1);
      const found = keys.reduce<unknown>(
        (at, key) => (at as Schema)[key.replaceAll('~1', '/').replaceAll('~0', '~')],
        read(target),
      );
      return follow(found, target);
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, follow(value, file)]));
  };
  return documents.map((name) => follow(read(`${name}.v1.json`), `${name}.v1.json`) as Schema);
}

/** The value under every key of that name, wherever it stands. */
function* valuesOf(node: unknown, name: string): Generator {
  if (Array.isArray(node)) for (const each of node) yield* valuesOf(each, name);
  if (!isRecord(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === name) yield value;
    yield* valuesOf(value, name);
  }
}

const texts = (values: Iterable<unknown>): string[] =>
  [...values].filter((value): value is string => typeof value === 'string');

/** Examples stand beside a schema, in it, and at each of its fields: those are one together when none is missing. */
function examplesOf(contentType: string, content: Schema): ExampleBody[] {
  const schema = isRecord(content['schema']) ? content['schema'] : {};
  const named = [
    ...Object.entries((content['examples'] ?? {}) as Record<string, { value: Schema }>).map(
      ([name, { value }]) => [name, value] as const,
    ),
    ...Object.entries((schema['x-examples'] ?? {}) as Record<string, Schema>),
  ];
  const fields = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([name, { example }]) => (example === undefined ? [] : [[name, example] as const]),
  );
  const whole = Object.fromEntries(fields);
  const required = (schema['required'] ?? []) as readonly string[];
  if (fields.length > 0 && required.every((name) => name in whole)) named.push(['of its fields', whole]);
  return named.map(([name, value]) => ({ name, contentType, value }));
}

/** Reads all operations. */
export function readCalls(folder: string): readonly OpcpCall[] {
  return readDocuments(folder).flatMap(({ paths }) =>
    Object.entries(paths as Record<string, Record<string, Schema>>).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => ['get', 'put', 'post', 'delete'].includes(method))
        .map(([method, operation]): OpcpCall => {
          const responses = operation['responses'] as Record<string, { content?: Record<string, Schema> }>;
          const body = (operation['requestBody'] ?? {}) as { content?: Record<string, Schema> };
          const own = (operation['parameters'] ?? []) as readonly Schema[];
          const shared = (item['parameters'] ?? []) as unknown as readonly Schema[];
          return {
            method: method.toUpperCase(),
            path,
            statuses: Object.keys(responses),
            answers: Object.fromEntries(
              Object.entries(responses).flatMap(([status, { content }]) => {
                const schema = content?.['application/json']?.['schema'];
                return isRecord(schema) ? [[status, schema] as const] : [];
              }),
            ),
            parameters: [...shared, ...own].map((parameter) => ({
              name: String(parameter['name']),
              in: String(parameter['in']),
              example: parameter['example'] ?? (parameter['schema'] as Schema | undefined)?.['example'],
            })),
            bodies: Object.entries(body.content ?? {}).flatMap(([type, content]) =>
              examplesOf(type, content),
            ),
            sentences: [
              ...new Set([...valuesOf(responses, 'errorMessages')].flatMap((each) => texts([each].flat()))),
            ],
          };
        }),
    ),
  );
}

/** What OPCP's examples call a car, a contract or a root: the first value of that name that stands in any of them. */
export function exampleNames(folder: string, name: string): string {
  const [first] = texts(valuesOf(readDocuments(folder), name));
  if (first === undefined) throw new Error(`No example has a ${name}.`);
  return first;
}
