import { ConfigurationError } from '@chargegraph/service';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nightly, readSchedule } from './schedule.ts';

const at = (text: string) => new Date(text);

describe('a schedule', () => {
  it('is once a night in UTC unless told otherwise, whatever the machine’s own time', () => {
    const schedule = readSchedule(nightly);
    expect(schedule?.next(at('2026-11-10T12:00:00Z'))).toEqual(at('2026-11-11T02:17:00Z'));
    expect(schedule?.next(at('2026-11-11T02:16:59.999Z'))).toEqual(at('2026-11-11T02:17:00Z'));
    expect(schedule?.next(at('2026-11-11T02:17:00Z'))).toEqual(at('2026-11-12T02:17:00Z'));
    // Where clocks are changed at that hour.
    expect(schedule?.next(at('2026-03-29T00:00:00Z'))).toEqual(at('2026-03-29T02:17:00Z'));
  });

  it('may be any of cron’s five fields', () => {
    expect(readSchedule(' 30  4 * * SUN ')?.next(at('2026-11-10T12:00:00Z'))).toEqual(
      at('2026-11-15T04:30:00Z'),
    );
    expect(readSchedule('*/20 * * * *')?.next(at('2026-11-10T12:00:00Z'))).toEqual(
      at('2026-11-10T12:20:00Z'),
    );
  });

  it('is none when it is off', () => {
    expect(readSchedule('off')).toBeUndefined();
  });

  it.each([
    '',
    'Off ',
    'at night',
    '2 * * *',
    '0 17 2 * * *',
    '61 2 * * *',
    '0 0 30 2 *',
    '2026-11-12T02:00:00',
    '@daily',
  ])('refuses "%s" with a sentence that says what to use', (text) => {
    expect(() => readSchedule(text)).toThrow(ConfigurationError);
    expect(() => readSchedule(text)).toThrow('use off, or minute, hour, day, month and weekday in UTC');
  });

  it('refuses whatever is no schedule, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readSchedule(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
    );
  });
});
