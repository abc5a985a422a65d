import { beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeCursor, type LogPage, type LogPosition, type Tail } from '@chargegraph/events';
import { ManualClock } from '@chargegraph/service';
import { cursorAt, eventAt, logId } from '../graph.fixture.ts';
import { createLogStarts, type LogStarts } from './log-start.ts';

const now = new Date('2026-03-01T12:00:00.000Z');

describe('where a subscription begins', () => {
  const clock = new ManualClock(now);
  const ends = vi.fn<() => Promise<LogPage>>();
  let place: LogPosition;
  let heardAt: Date | undefined;
  let starts: LogStarts;
  /** The log, of which 11 to 20 are kept; the tail remembers what follows 14. */
  beforeEach(() => {
    clock.set(now);
    heardAt = now;
    place = { logId, position: 20 };
    ends.mockReset();
    ends.mockImplementation(() => Promise.resolve({ logId, head: 20, events: [eventAt(11)] }));
    const tail: Tail = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      head: () => place,
      lastHeardAt: () => heardAt,
      recent: (after) =>
        after.logId === logId && after.position >= 14 && after.position <= place.position
          ? { events: [], logId, head: place.position }
          : undefined,
      subscribe: () => () => undefined,
    };
    starts = createLogStarts({ pool: 'ccp', tail, ends, clock });
  });

  it('is behind a cursor that the tail remembers, and nobody is asked while the tail has heard of all lately', async () => {
    expect(await starts.startAfter({ after: cursorAt(14) })).toEqual({ logId, position: 14, logged: 0 });
    expect(await starts.logged()).toBe(0);
    expect(ends).not.toHaveBeenCalled();
  });

  it('is asked of the log when the tail has not heard for a second, once a second while nothing happens', async () => {
    clock.advance(1_001);
    expect(await starts.startAfter({ after: cursorAt(20) })).toEqual({ logId, position: 20, logged: 20 });
    expect(await starts.startAfter({ after: cursorAt(19) })).toEqual({ logId, position: 19, logged: 0 });
    expect(await starts.logged()).toBe(0);
    expect(ends).toHaveBeenCalledTimes(1);
    clock.advance(1_001);
    expect(await starts.logged()).toBe(20);
    expect(ends).toHaveBeenCalledTimes(2);
  });

  it('is asked of the log each time while the tail is behind it, and before the tail knows anything', async () => {
    heardAt = undefined;
    place = { logId, position: 18 };
    for (let n = 0; n < 2; n++) expect(await starts.logged()).toBe(20);
    expect(await starts.startAfter({ after: cursorAt(17) })).toEqual({ logId, position: 17, logged: 20 });
    expect(ends).toHaveBeenCalledTimes(3);
  });

  it('is where the log ends or begins when no cursor is given, as of now', async () => {
    expect(await starts.startAfter({})).toEqual({ logId, position: 20, logged: 20 });
    expect(await starts.startAfter({ fromBeginning: true })).toEqual({ logId, position: 0, logged: 20 });
    expect(ends).toHaveBeenCalledTimes(2);
  });

  it('is nowhere with a cursor of what is not kept, beyond the end, or of another log or pool', async () => {
    const refused = async (after: string) =>
      await starts.startAfter({ after }).then(
        () => undefined,
        (error: unknown) => (error as { code?: string }).code,
      );
    const otherLog = '11111111-2222-4333-8444-555555555555';
    expect(await refused(cursorAt(10))).toBeUndefined();
    expect(await refused(cursorAt(9))).toBe('CURSOR_EXPIRED');
    expect(await refused(cursorAt(21))).toBe('CURSOR_INVALID');
    expect(await refused(cursorAt(15, otherLog))).toBe('CURSOR_INVALID');
    expect(await refused(encodeCursor({ pool: 'pcp', logId, position: 15 }))).toBe('CURSOR_INVALID');
    await expect(starts.startAfter({ after: cursorAt(15), fromBeginning: true })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
  });
});
