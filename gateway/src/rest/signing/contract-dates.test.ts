import { describe, expect, it } from 'vitest';
import { readInstant } from './contract-dates.ts';

describe('a contract’s date', () => {
  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01t12:00:00.123456z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T12:00:00.000-0130', '2026-03-01T13:30:00.000Z'],
    ['2026-03-01T00:30:00+02:00', '2026-02-28T22:30:00.000Z'],
    [' 2026-03-01 12:00:00 ', '2026-03-01T12:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(readInstant(text, 'contractBegins')).toBe(instant);
  });

  it.each([
    '',
    'tomorrow',
    '2026-03-01',
    '1772366400000',
    '2026-02-30T12:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T12:60:00Z',
    '2026-03-01T12:00:00+25:00',
    '2026-03-01T12:00:00Z and more',
  ])('%j is none, in OPCP’s words', (text) => {
    expect(() => readInstant(text, 'contractEnds')).toThrow(
      'The contractEnds does not match the specification',
    );
  });
});
