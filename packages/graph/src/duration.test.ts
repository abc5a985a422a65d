import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChargeGraphError } from '@chargegraph/service';
import { endingWithin, readDuration } from './duration.ts';

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;
const longest = 36_525 * day;

const refusalOf = (text: string): string => {
  try {
    return `read as ${String(readDuration(text))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(ChargeGraphError);
    expect(error).toMatchObject({ code: 'BAD_INPUT' });
    return (error as Error).message;
  }
};

describe('a duration', () => {
  it.each([
    ['P30D', 30 * day],
    ['P2W', 14 * day],
    ['P1W2DT3H4M5S', 9 * day + 3 * hour + 245 * second],
    ['PT36H', 36 * hour],
    ['PT0.5S', 500],
    ['PT1,5H', 1.5 * hour],
    ['PT0.0019S', 1],
    ['p1dt1h', day + hour],
    ['+P1D', day],
    ['P0Y1D', day],
    ['P36525D', longest],
    ['PT876600H', longest],
  ])('is read from %s', (text, milliseconds) => {
    expect(readDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    'P1',
    '1D',
    'P1.5D',
    'P1H',
    'PT1D',
    'P1D1W',
    'PT1.5H1M',
    'P 1D',
    'P1D ',
    'P1D\n',
    'P٣D',
  ])('that is spelled %j is refused for its form', (text) => {
    expect(refusalOf(text)).toBe(
      'must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, e.g. P30D',
    );
  });

  it.each(['P1Y', 'P6M', 'P1Y30D', '-P1M', 'P100Y'])('of years or months is refused: %s', (text) => {
    expect(refusalOf(text)).toBe(
      'must not have years or months, whose length is not fixed; P365D is 365 days',
    );
  });

  it.each(['P0D', 'PT0S', '-P1D', '-PT1S', 'PT0.0009S'])('that leads nowhere is refused: %s', (text) => {
    expect(refusalOf(text)).toBe('must be longer than 0');
  });

  it.each(['P36525DT0.001S', 'P5218W', 'PT9007199254740991S', `P${'9'.repeat(9)}D`])(
    'beyond the longest is refused: %s',
    (text) => {
      expect(refusalOf(text)).toBe('must be at most 36525 days');
    },
  );

  it('is the sum of its parts, and any other text is refused or within the bounds', () => {
    const part = fc.nat({ max: 5_000 });
    fc.assert(
      fc.property(
        part,
        part,
        part,
        part,
        fc.nat({ max: 86_400 }),
        fc.nat({ max: 999 }),
        (w, d, h, m, s, f) => {
          const text = `P${String(w)}W${String(d)}DT${String(h)}H${String(m)}M${String(s)}.${String(f).padStart(3, '0')}S`;
          const sum = (7 * w + d) * day + h * hour + m * 60 * second + s * second + f;
          if (sum >= 1 && sum <= longest) expect(readDuration(text)).toBe(sum);
          else expect(refusalOf(text)).toMatch(/^must be/);
        },
      ),
    );
    const digits = fc.stringMatching(/^[-+]?P?[0-9WDTHMSYP.,-]{0,30}$/);
    fc.assert(
      fc.property(fc.oneof(digits, fc.string({ unit: 'binary' })), (text) => {
        let read: number;
        try {
          read = readDuration(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_INPUT' });
          return;
        }
        expect(Number.isInteger(read) && read >= 1 && read <= longest).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an end within a duration', () => {
  it('lies behind now and up to so much later', () => {
    const now = new Date('2026-11-01T12:00:00Z');
    expect(endingWithin(day, now)).toEqual({ after: now, until: new Date('2026-11-02T12:00:00Z') });
  });

  it('is not asked for without a duration', () => {
    expect([endingWithin(undefined, new Date()), endingWithin(null, new Date())]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
