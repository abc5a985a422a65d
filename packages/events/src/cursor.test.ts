import fc from 'fast-check';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import { describe, expect, it } from 'vitest';
import { checkCursor, decodeCursor, encodeCursor, type Cursor } from './cursor.ts';

const anyCursor: fc.Arbitrary<Cursor> = fc.record({
  pool: fc.oneof(fc.constantFrom('rcp', 'pcp', 'cps', 'ccp'), fc.string({ unit: 'grapheme', maxLength: 20 })),
  logId: fc.uuid(),
  position: fc.maxSafeNat(),
});

const codeOf = (work: () => unknown): ErrorCode | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ChargeGraphError) return error.code;
    throw error;
  }
};

describe('a cursor', () => {
  it('is read as it was written, and is safe in a URL', () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = encodeCursor(cursor);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(text)).toEqual(cursor);
      }),
    );
  });

  it('is compact', () => {
    const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';
    expect(encodeCursor({ pool: 'ccp', logId, position: 123_456 }).length).toBeLessThanOrEqual(40);
  });

  it('refuses any text that is none, with CURSOR_INVALID', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ minLength: 300 })), (text) => {
        expect(codeOf(() => decodeCursor(text))).toBe('CURSOR_INVALID');
      }),
    );
  });

  it('refuses a cursor with any character changed, added or removed', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(anyCursor, fc.nat(), fc.constantFrom(...Array.from(alphabet)), (cursor, at, character) => {
        const text = encodeCursor(cursor);
        const index = at % text.length;
        const mangled = [
          text.slice(0, index) + character + text.slice(index + 1),
          text.slice(0, index) + character + text.slice(index),
          text.slice(0, index) + text.slice(index + 1),
        ];
        for (const other of mangled) {
          if (other !== text) expect(codeOf(() => decodeCursor(other))).toBe('CURSOR_INVALID');
        }
      }),
    );
  });

  it('cannot be made without a log or a position', () => {
    const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';
    expect(() => encodeCursor({ pool: 'ccp', logId: 'none', position: 1 })).toThrow(RangeError);
    expect(() => encodeCursor({ pool: 'ccp', logId, position: -1 })).toThrow(RangeError);
    expect(() => encodeCursor({ pool: 'ccp', logId, position: 0.5 })).toThrow(RangeError);
  });
});

describe('a cursor held against a log', () => {
  const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';
  const bounds = { pool: 'ccp', logId, head: 20, oldest: 11 };
  const check = (cursor: Partial<Cursor>): void => {
    checkCursor({ pool: 'ccp', logId, position: 15, ...cursor }, bounds);
  };

  it.each([10, 11, 20])(
    'is good at position %d, from just before the oldest kept to the head',
    (position) => {
      expect(() => {
        check({ position });
      }).not.toThrow();
    },
  );

  it('is good at the head of a log of which nothing is kept', () => {
    expect(() => {
      checkCursor({ pool: 'ccp', logId, position: 20 }, { ...bounds, oldest: 21 });
    }).not.toThrow();
  });

  it.each([
    ['of another pool', { pool: 'rcp' }, 'CURSOR_INVALID', /rcp, not of ccp/],
    [
      'of another log',
      { logId: '7c9e6679-7425-40de-944b-e07fc1f90ae7' },
      'CURSOR_INVALID',
      /replaced.*read the/,
    ],
    ['beyond the head', { position: 21 }, 'CURSOR_INVALID', /beyond the last event.*read the present state/],
    ['older than what is kept', { position: 9 }, 'CURSOR_EXPIRED', /no longer kept: read the present state/],
  ] as const)('is refused when %s, with a sentence that says how to go on', (_, cursor, code, sentence) => {
    const checking = (): void => {
      check(cursor);
    };
    expect(codeOf(checking)).toBe(code);
    expect(checking).toThrow(sentence);
  });
});
