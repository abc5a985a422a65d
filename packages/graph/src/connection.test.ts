import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fingerprintKey,
  identifierKey,
  instantKey,
  pageRequest,
  toConnection,
  type Connection,
  type ConnectionArguments,
} from './connection.ts';

const list = (length: number) => Array.from({ length }, (_, index) => index * 10);
/** Any text, one for each of two values. */
const anyTwo = [() => true, () => true];
const keyOf = (row: number): readonly string[] => [String(row).padStart(6, '0'), `id:"${row}"`];

/** What a store does: rows behind the key, `limit + 1` of them, from the end when backward. */
function page(rows: readonly number[], args: ConnectionArguments): Connection<number> {
  const request = pageRequest(args, anyTwo);
  const ordered = request.backward ? rows.toReversed() : rows;
  const from = request.from?.[0];
  const behind = ordered.filter((row) => {
    const key = keyOf(row)[0] ?? '';
    return from === undefined || (request.backward ? key < from : key > from);
  });
  return toConnection(request, behind.slice(0, request.limit + 1), keyOf, () => Promise.resolve(rows.length));
}

const cursorOfFirst = page(list(2), { first: 1 }).pageInfo.endCursor ?? '';

describe('the arguments of a list', () => {
  it.each<[string, ConnectionArguments]>([
    ['first', {}],
    ['first', { first: null, last: null }],
    ['last', { first: 1, last: 1 }],
    ['first', { first: 0 }],
    ['first', { first: -1 }],
    ['first', { first: 101 }],
    ['last', { last: 0 }],
    ['last', { last: 101 }],
    ['after', { last: 1, after: cursorOfFirst }],
    ['before', { first: 1, before: cursorOfFirst }],
    ['after', { first: 1, after: '' }],
    ['after', { first: 1, after: 'garbage' }],
    ['before', { last: 1, before: 'garbage' }],
    ['after', { first: 1, after: Buffer.from('["one"]').toString('base64url') }],
    ['after', { first: 1, after: Buffer.from('["one",2]').toString('base64url') }],
    ['after', { first: 1, after: Buffer.from('{"length":2}').toString('base64url') }],
    ['after', { first: 1, after: Buffer.from('null').toString('base64url') }],
    [
      'after',
      { first: 1, after: Buffer.from(JSON.stringify(['a', 'b'.repeat(1_000)])).toString('base64url') },
    ],
  ])('are refused naming `%s`: %j', (name, args) => {
    expect(() => pageRequest(args, anyTwo)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', inputPath: [name] }) as Error,
    );
  });

  it('are read with nulls as if they were absent', () => {
    expect(pageRequest({ first: 100, after: null, last: null, before: null }, anyTwo)).toEqual({
      backward: false,
      limit: 100,
      from: undefined,
    });
    expect(pageRequest({ last: 1, first: null }, anyTwo)).toEqual({
      backward: true,
      limit: 1,
      from: undefined,
    });
  });

  it('are refused or read whatever a cursor is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (after) => {
        try {
          expect(pageRequest({ first: 1, after }, [() => true]).from).toHaveLength(1);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_INPUT', inputPath: ['after'] });
        }
      }),
    );
  });

  it('give back exactly the key that a cursor was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 50 }), { minLength: 1, maxLength: 3 }), (key) => {
        const { pageInfo } = toConnection(
          { backward: false, limit: 1, from: undefined },
          [key],
          (row) => row,
          () => Promise.resolve(1),
        );
        expect(
          pageRequest(
            { first: 1, after: pageInfo.endCursor },
            key.map(() => () => true),
          ).from,
        ).toEqual(key);
      }),
    );
  });
});

describe('a page', () => {
  it('forward has the first rows, in order, and tells that more follow', () => {
    const { edges, nodes, pageInfo } = page(list(3), { first: 2 });
    expect(nodes).toEqual([0, 10]);
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor,
      endCursor: edges[1]?.cursor,
    });
  });

  it('backward has the last rows, in the same order, and tells that more stand before', () => {
    const { edges, nodes, pageInfo } = page(list(3), { last: 2 });
    expect(nodes).toEqual([10, 20]);
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toMatchObject({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: edges[0]?.cursor,
      endCursor: edges[1]?.cursor,
    });
  });

  it('that is exactly full tells that nothing follows', () => {
    expect(page(list(2), { first: 2 }).pageInfo.hasNextPage).toBe(false);
    expect(page(list(2), { last: 2 }).pageInfo.hasPreviousPage).toBe(false);
  });

  it('of nothing has no cursors', () => {
    expect(page([], { first: 5 })).toMatchObject({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it('counts only when it is asked', async () => {
    let counted = 0;
    const { totalCount } = toConnection(pageRequest({ first: 1 }, anyTwo), list(2), keyOf, () =>
      Promise.resolve(++counted),
    );
    expect(counted).toBe(0);
    expect(await totalCount()).toBe(1);
  });

  it('after page gives exactly the list, from either end, with any page size', () => {
    fc.assert(
      fc.property(fc.nat(250), fc.integer({ min: 1, max: 100 }), fc.boolean(), (length, size, backward) => {
        const rows = list(length);
        const found: number[][] = [];
        let cursor: string | null = null;
        for (;;) {
          const { nodes, pageInfo }: Connection<number> = page(
            rows,
            backward ? { last: size, before: cursor } : { first: size, after: cursor },
          );
          expect(backward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(cursor !== null);
          found.push([...nodes]);
          cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
          if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break;
        }
        expect((backward ? found.toReversed() : found).flat()).toEqual(rows);
        expect(found).toHaveLength(Math.max(1, Math.ceil(length / size)));
      }),
    );
  });
});

describe('the shape of a cursor', () => {
  const cursor = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

  it.each([
    ['2026-03-01T12:00:00.000Z', 'EMP99C12345678', true],
    ['2026-13-01T12:00:00.000Z', 'EMP99C12345678', false],
    ['2026-03-01T12:00:00Z', 'EMP99C12345678', false],
    ['garbage', 'EMP99C12345678', false],
    ['2026-03-01T12:00:00.000Z', "'; DROP", false],
    ['2026-03-01T12:00:00.000Z', '\u0000', false],
    ['2026-03-01T12:00:00.000Z', '', false],
  ])('decides whether [%j, %j] can be of a list by instant and identifier', (instant, id, fits) => {
    const read = () => pageRequest({ first: 1, after: cursor(instant, id) }, [instantKey, identifierKey]);
    if (fits) expect(read().from).toEqual([instant, id]);
    else expect(read).toThrow(expect.objectContaining({ code: 'BAD_INPUT', inputPath: ['after'] }) as Error);
  });

  it('knows a fingerprint', () => {
    expect(fingerprintKey('ab'.repeat(32))).toBe(true);
    expect(fingerprintKey('AB'.repeat(32))).toBe(false);
    expect(fingerprintKey('ab'.repeat(31))).toBe(false);
  });
});
