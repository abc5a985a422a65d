import type { Database } from '@chargegraph/database';
import { ChargeGraphError } from '@chargegraph/service';
import { checkCursor, decodeCursor, encodeCursor } from './cursor.ts';
import type { LoggedEvent } from './event.ts';
import { mostPerRead, readEvent, readHead, readLog } from './log.ts';
import { createLogReaders } from './log-readers.ts';

/** An event as a pool's log field shows it. */
export interface PoolEvent<Type extends string, Facts> {
  /** The same at every delivery. */
  readonly id: string;
  /** Its place in the log, in the form that readers are given. */
  readonly cursor: string;
  readonly type: Type;
  readonly time: Date;
  readonly facts: Facts;
}

/** A stretch of a log, in order. */
export interface EventStretch<Event> {
  readonly events: readonly Event[];
  /** Cursor of the log's end when this was read. */
  readonly head: string;
}

/** A pool's log, read with the cursors that its readers are given. */
export interface PoolLog<Event> {
  /**
   * The events after a cursor, from the oldest that is kept without one.
   *
   * @param request.first how many at most, 1 to {@link mostPerRead}
   * @param request.reader who carries out what follows from the log and has done so up to `after`; what it has not read
   *   is kept however old it is
   * @param request.from only what occurred then or later; what is read in such a window counts as carried out by nobody
   * @param request.until only what occurred before
   * @throws ChargeGraphError BAD_INPUT, CURSOR_INVALID or CURSOR_EXPIRED
   */
  read(request: {
    readonly after?: string | null | undefined;
    readonly first: number;
    readonly reader?: string | undefined;
    readonly from?: Date | null | undefined;
    readonly until?: Date | null | undefined;
  }): Promise<EventStretch<Event>>;
  /**
   * The event at a cursor; undefined when there is none any more.
   *
   * @throws ChargeGraphError CURSOR_INVALID for what is no cursor of this log
   */
  at(cursor: string): Promise<Event | undefined>;
}

/**
 * The log in a pool's database. The types are the pool's word: it alone writes its log, and only through its own
 * transaction.
 *
 * @param pool as in cursors and in the bus's topics
 */
export function createPoolLog<Event extends PoolEvent<string, unknown>>(
  database: Database,
  pool: string,
): PoolLog<Event> {
  const toEvent = (event: LoggedEvent) =>
    ({
      id: event.id,
      cursor: encodeCursor({ pool, logId: event.logId, position: event.position }),
      type: event.type,
      time: event.occurredAt,
      facts: event.facts,
    }) as unknown as Event;

  const readers = createLogReaders(database);

  async function positionOf(after: string, reader: string | undefined): Promise<number> {
    const cursor = decodeCursor(after);
    const { logId, position: head, oldest } = await readHead(database);
    checkCursor(cursor, { pool, logId, head, oldest });
    if (reader !== undefined) await readers.note(reader, cursor);
    return cursor.position;
  }

  return {
    async read({ after, first, reader, from, until }) {
      if (first < 1 || first > mostPerRead) {
        throw new ChargeGraphError('BAD_INPUT', `\`first\` must be from 1 to ${String(mostPerRead)}.`, {
          path: ['first'],
        });
      }
      if (from != null && until != null && until <= from) {
        throw new ChargeGraphError('BAD_INPUT', '`until` must lie after `from`.', { path: ['until'] });
      }
      const windowed = from != null || until != null;
      const position = after == null ? 0 : await positionOf(after, windowed ? undefined : reader);
      const page = await readLog(database, { after: position, first, from, until });
      return {
        events: page.events.map(toEvent),
        head: encodeCursor({ pool, logId: page.logId, position: page.head }),
      };
    },

    async at(text) {
      const cursor = decodeCursor(text);
      if (cursor.pool !== pool) {
        throw new ChargeGraphError('CURSOR_INVALID', `This cursor belongs to the events of ${cursor.pool}.`);
      }
      const event = await readEvent(database, cursor.position);
      return event?.logId === cursor.logId ? toEvent(event) : undefined;
    },
  };
}
