import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoggedEvent } from './event.ts';
import { createRecentEvents } from './recent-events.ts';

const logId = '00000000-0000-4000-8000-000000000001';
const other = '00000000-0000-4000-8000-000000000002';
const eventAt = (position: number, inLog = logId): LoggedEvent => ({
  logId: inLog,
  position,
  id: `event ${String(position)}`,
  type: 'TESTED',
  occurredAt: new Date(0),
  facts: {},
});
const positions = (events: readonly LoggedEvent[] | undefined) => events?.map(({ position }) => position);

describe('the last events of a log', () => {
  it('are all that follows a place, or nothing at all when some of that is not there any more', () => {
    fc.assert(
      fc.property(
        fc.record({
          limit: fc.integer({ min: 1, max: 8 }),
          first: fc.integer({ min: 1, max: 20 }),
          count: fc.nat({ max: 30 }),
          place: fc.nat({ max: 60 }),
          most: fc.nat({ max: 12 }),
        }),
        ({ limit, first, count, place, most }) => {
          const recent = createRecentEvents(limit);
          for (let n = 0; n < count; n++) recent.add(eventAt(first + n));
          const last = first + count - 1;
          const oldest = Math.max(first, last - limit + 1);
          const isKnown = count > 0 && place <= last && place + 1 >= oldest;
          const following = Array.from({ length: Math.max(0, last - place) }, (_, n) => place + 1 + n);
          expect(positions(recent.after({ logId, position: place }, most))).toEqual(
            isKnown ? following.slice(0, most) : undefined,
          );
        },
      ),
    );
  });

  it('begin anew behind a gap, with another log, and when they are forgotten', () => {
    const recent = createRecentEvents(10);
    for (const position of [1, 2, 3]) recent.add(eventAt(position));
    recent.add(eventAt(6));
    expect(recent.after({ logId, position: 2 }, 10)).toBeUndefined();
    expect(positions(recent.after({ logId, position: 5 }, 10))).toEqual([6]);
    recent.add(eventAt(7, other));
    expect(recent.after({ logId, position: 6 }, 10)).toBeUndefined();
    expect(positions(recent.after({ logId: other, position: 6 }, 10))).toEqual([7]);
    recent.clear();
    expect(recent.after({ logId: other, position: 7 }, 10)).toBeUndefined();
  });

  it('are none at all when none are to be kept', () => {
    const recent = createRecentEvents(0);
    recent.add(eventAt(1));
    expect(recent.after({ logId, position: 0 }, 10)).toBeUndefined();
  });
});
