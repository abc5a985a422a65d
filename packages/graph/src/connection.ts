import { ChargeGraphError } from '@chargegraph/service';

/** Arguments of a connection field as the schema has them. */
export interface ConnectionArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Longest page. */
export const maxPageSize = 100;

/** A page to be read: `limit` rows after (or, backward, before) a key. */
export interface PageRequest {
  readonly backward: boolean;
  readonly limit: number;
  /** Sort key of the row to start behind, as it was given to {@link toConnection}; undefined: from the end. */
  readonly from: readonly string[] | undefined;
}

/** A page as the schema's connections have it. */
export interface Connection<T> {
  readonly edges: readonly { cursor: string; node: T }[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  /** Counted only when asked for. */
  readonly totalCount: () => Promise<number>;
}

/** Whether a text can be one value of a list's sort key. */
export type KeyShape = (text: string) => boolean;

/** An instant as RFC 3339 in UTC with milliseconds. */
export const instantKey: KeyShape = (text) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));

/** A SHA-256 fingerprint. */
export const fingerprintKey: KeyShape = (text) => /^[0-9a-f]{64}$/.test(text);

/** An identifier of letters, digits and underscores. */
export const identifierKey: KeyShape = (text) => /^\w{1,64}$/.test(text);

const hasShape = (key: readonly string[], shape: readonly KeyShape[]) =>
  key.length === shape.length && key.every((text, index) => shape[index]?.(text) === true);

/**
 * Checks a connection's arguments (exactly one of `first` and `last`, 1 to 100; `after` with `first`, `before` with
 * `last`) and reads the cursor.
 *
 * @param shape what the values of the list's sort key look like: a cursor that the list cannot have given is refused
 * @throws ChargeGraphError BAD_INPUT naming the argument
 */
export function pageRequest(args: ConnectionArguments, shape: readonly KeyShape[]): PageRequest {
  const { first, after, last, before } = args;
  const refuse = (name: string, message: string) =>
    new ChargeGraphError('BAD_INPUT', message, { path: [name] });
  if ((first ?? null) === null && (last ?? null) === null) throw refuse('first', 'Give `first` or `last`.');
  if (first != null && last != null) throw refuse('last', 'Give `first` or `last`, not both.');
  const backward = last != null;
  if (backward && after != null) throw refuse('after', '`after` goes with `first`.');
  if (!backward && before != null) throw refuse('before', '`before` goes with `last`.');
  const limit = (backward ? last : first) ?? 0;
  const name = backward ? 'last' : 'first';
  if (limit < 1 || limit > maxPageSize) throw refuse(name, `\`${name}\` must be from 1 to ${maxPageSize}.`);
  const cursor = backward ? before : after;
  if (cursor == null) return { backward, limit, from: undefined };
  const from = decodeKey(cursor);
  if (from === undefined || !hasShape(from, shape))
    throw refuse(backward ? 'before' : 'after', 'This is no cursor of this list.');
  return { backward, limit, from };
}

/**
 * Makes a page of the rows that were read for it.
 *
 * @param rows at most `limit + 1` rows, in the order they were read (backward: from the end)
 * @param keyOf a row's sort key
 */
export function toConnection<T>(
  page: PageRequest,
  rows: readonly T[],
  keyOf: (row: T) => readonly string[],
  totalCount: () => Promise<number>,
): Connection<T> {
  const more = rows.length > page.limit;
  const kept = rows.slice(0, page.limit);
  if (page.backward) kept.reverse();
  const edges = kept.map((node) => ({ cursor: encodeKey(keyOf(node)), node }));
  const movedOn = page.from !== undefined;
  return {
    edges,
    nodes: kept,
    pageInfo: {
      hasNextPage: page.backward ? movedOn : more,
      hasPreviousPage: page.backward ? more : movedOn,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}

const encodeKey = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

function decodeKey(cursor: string): readonly string[] | undefined {
  if (cursor.length > 1_000) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(key) && key.every((part) => typeof part === 'string') ? key : undefined;
  } catch {
    return undefined;
  }
}
