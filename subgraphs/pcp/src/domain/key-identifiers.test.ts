import { describe, expect, it } from 'vitest';
import { canonicalKeyIdentifiers } from './key-identifiers.ts';

describe('key identifiers', () => {
  it('are upper-case octets joined by colons, each one once, in the order given', () => {
    expect(canonicalKeyIdentifiers(['ab01', 'FF', 'AB:01', 'ff', '0a:0B0c'])).toEqual([
      'AB:01',
      'FF',
      '0A:0B:0C',
    ]);
  });

  it.each(['', 'A', 'ABC', 'A:BC', ':AB', 'AB:', 'AB::CD', 'GG', 'AB CD', 'AB\n', 'A'.repeat(130)])(
    'refuse %j',
    (text) => {
      expect(() => canonicalKeyIdentifiers(['00', text])).toThrow(
        expect.objectContaining({ code: 'BAD_INPUT' }),
      );
    },
  );

  it('may be twenty and no more', () => {
    const list = (length: number) => Array.from({ length }, (_, n) => (n + 16).toString(16));
    expect(canonicalKeyIdentifiers(list(20))).toHaveLength(20);
    expect(() => canonicalKeyIdentifiers(list(21))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});
