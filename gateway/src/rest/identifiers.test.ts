import { describe, expect, it } from 'vitest';
import { base64Text } from './base64-text.ts';
import { requireIdentifier } from './identifiers.ts';

describe('what a path names', () => {
  it.each([
    ['emaid', 'EMP99CQATEST001'],
    ['emaid', 'emp-99c-qatest001'],
    ['pcid', 'hubjectprovcqa0615'],
    // Both at once: the operation alone tells.
    ['emaid', 'WVWZZZ1JZ3W386752'],
    ['pcid', 'WVWZZZ1JZ3W386752'],
  ] as const)('as %s may be %s', (kind, text) => {
    expect(requireIdentifier(kind, text)).toBe(text);
  });

  it.each([
    ['emaid', 'EMP99', String.raw`emaid : must match "^[A-Za-z]{2}[-]?\w{3}[-]?\w{9}[-]?(\w{1})?$"`],
    ['emaid', '12P99CQATEST001', /^emaid : must match /],
    ['emaid', 'EMP99CQATEST00\u0000', /^emaid : must match /],
    ['pcid', 'EMP99CQATEST001', 'pcid : must match "^[a-zA-Z0-9]{17,18}$"'],
    ['pcid', 'WVWZZZ1JZ3W38675/', /^pcid : must match /],
  ] as const)('as %s is not %s', (kind, text, sentence) => {
    expect(() => requireIdentifier(kind, text)).toThrow(sentence);
  });
});

it('base64 may be wrapped, and is nothing else', () => {
  expect(base64Text('AAAA\r\n AA==\n')).toBe('AAAAAA==');
  for (const text of ['', ' \n', 'AAA', 'AA==AA==', 'AA_-', '{}']) expect(base64Text(text)).toBeUndefined();
});
