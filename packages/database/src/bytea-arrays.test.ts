import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { readByteaArray } from './bytea-arrays.ts';

const library = pg.types as unknown as { getTypeParser(oid: number): (value: string) => unknown };

describe('a column of the type bytea[]', () => {
  it.each([
    '{}',
    '{"\\\\x"}',
    '{"\\\\x00ff"}',
    '{"\\\\x3082","\\\\x","\\\\xab01"}',
    '{NULL,"\\\\x01"}',
    '{{"\\\\x01"},{"\\\\x02"}}',
    '[2:3]={"\\\\x01","\\\\x02"}',
  ])('is read as the library reads it: %s', (text) => {
    expect(readByteaArray(text)).toEqual(library.getTypeParser(1001)(text));
  });

  it('is an array of octets', () => {
    expect(readByteaArray('{"\\\\x3082","\\\\x"}')).toEqual([Buffer.from([0x30, 0x82]), Buffer.alloc(0)]);
  });
});
