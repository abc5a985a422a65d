import { checkCursor, decodeCursor, type LogPosition, type Tail } from '@chargegraph/events';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { SharedReads } from './shared-reads.ts';

/** Where a subscription begins. */
export interface LogStart extends LogPosition {
  /** A position up to which the log is known to reach; 0 when the tail's word on that can be taken. */
  readonly logged: number;
}

/** Finds out where subscriptions to one log begin. */
export interface LogStarts {
  /**
   * Behind the cursor, once the log has confirmed it, at the beginning, or behind the present end.
   *
   * @throws ChargeGraphError CURSOR_INVALID, CURSOR_EXPIRED, BAD_INPUT or UNAVAILABLE
   */
  startAfter(args: Readonly<Record<string, unknown>>): Promise<LogStart>;
  /** See {@link LogStart.logged}. */
  logged(): Promise<number>;
}

/** For how long, in milliseconds, what the tail is known to have heard completely counts as all there is. */
const trustedForMs = 1_000;

/** The starts in the log of a pool. */
export function createLogStarts(options: {
  readonly pool: string;
  readonly tail: Tail;
  readonly ends: SharedReads['ends'];
  /** The tail's. */
  readonly clock: Clock;
}): LogStarts {
  const { pool, tail, ends, clock } = options;
  /** When the tail was last seen to have delivered all that the log held. */
  let confirmedAt = -Infinity;

  const isTailTrusted = (): boolean => {
    const heardAt = Math.max(tail.lastHeardAt()?.getTime() ?? -Infinity, confirmedAt);
    return clock.now().getTime() - heardAt <= trustedForMs;
  };
  const readEnds = async () => {
    const askedAt = clock.now().getTime();
    const { events, logId, head } = await ends();
    const place = tail.head();
    if (place?.logId === logId && place.position >= head) confirmedAt = Math.max(confirmedAt, askedAt);
    return { logId, head, oldest: events[0]?.position ?? head + 1 };
  };

  return {
    async startAfter({ after, fromBeginning }) {
      if (after == null) {
        const { logId, head } = await readEnds();
        return { logId, position: fromBeginning === true ? 0 : head, logged: head };
      }
      if (fromBeginning === true) {
        throw new ChargeGraphError('BAD_INPUT', 'Give `after` or `fromBeginning`, not both.', {
          path: ['fromBeginning'],
        });
      }
      if (typeof after !== 'string') throw new ChargeGraphError('BAD_INPUT', 'Cursor must be a string.');
      const cursor = decodeCursor(after);
      const { logId, position } = cursor;
      const isRemembered = cursor.pool === pool && tail.recent(cursor, 0) !== undefined;
      if (isRemembered && isTailTrusted()) return { logId, position, logged: 0 };
      const found = await readEnds();
      checkCursor(cursor, { pool, ...found });
      return { logId, position, logged: found.head };
    },

    async logged() {
      return isTailTrusted() ? 0 : (await readEnds()).head;
    },
  };
}
