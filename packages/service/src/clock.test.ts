import { describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from './clock.ts';

describe('a clock', () => {
  it('set by hand stands still until it is moved', () => {
    const clock = new ManualClock(new Date('2026-03-01T12:00:00.000Z'));
    expect(clock.now().toISOString()).toBe('2026-03-01T12:00:00.000Z');
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2026-03-01T12:00:01.500Z');
    clock.set(new Date('2020-01-01T00:00:00.000Z'));
    expect(clock.now().toISOString()).toBe('2020-01-01T00:00:00.000Z');
  });

  it('set by hand is not moved by changing a date that it took or gave', () => {
    const start = new Date('2026-03-01T12:00:00.000Z');
    const clock = new ManualClock(start);
    start.setUTCFullYear(1990);
    clock.now().setUTCFullYear(1991);
    expect(clock.now().getUTCFullYear()).toBe(2026);
  });

  it('of the machine tells the machine’s time', () => {
    const before = Date.now();
    const told = systemClock.now().getTime();
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(Date.now());
  });
});
