import type { JsonObject, LoggedEvent, LogPage, LogPosition } from './event.ts';

/** What reading the log needs of a database or an open transaction. */
export interface LogReader {
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** The end of a pool's log and how far back it is kept. */
export interface LogHead extends LogPosition {
  /** The position of the oldest event kept; one past the head when there is none. */
  readonly oldest: number;
}

/** A stretch of time, by the times at which events occurred. */
export interface LogWindow {
  readonly from?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

/** Most events that one read returns. */
export const mostPerRead = 1000;

interface EventRow {
  log_id: string;
  position: string;
  event_id: string;
  type: string;
  occurred_at: Date;
  facts: JsonObject;
}

function toEvent(row: EventRow): LoggedEvent {
  return {
    logId: row.log_id,
    position: Number(row.position),
    id: row.event_id,
    type: row.type,
    occurredAt: row.occurred_at,
    facts: row.facts,
  };
}

/**
 * Reads the events after a position, at most `first` of them (1 to {@link mostPerRead}), together with the head
 * as of the same moment. After 0 it begins with the oldest event kept. A window leaves out what happened before `from`, and
 * what happened at `until` or later.
 */
export async function readLog(
  db: LogReader,
  { after, first, from, until }: { readonly after: number; readonly first: number } & LogWindow,
): Promise<LogPage> {
  if (!Number.isSafeInteger(first) || first < 1 || first > mostPerRead) {
    throw new RangeError(`From 1 to ${String(mostPerRead)} events can be read at once.`);
  }
  const params: unknown[] = [after, first];
  const within = (operator: string, time: Date | null | undefined) =>
    time == null ? '' : ` AND log.occurred_at ${operator} $${String(params.push(time))}`;
  const window = within('>=', from) + within('<', until);
  // One statement, so that head and events are of one moment.
  const rows = await db.query<{ head: string } & (EventRow | { log_id: string; position: null })>(
    `SELECT h.log_id, h.position AS head, e.position, e.event_id, e.type, e.occurred_at, e.facts
       FROM log_head h
       LEFT JOIN LATERAL (SELECT * FROM log WHERE log.position > $1${window} ORDER BY log.position LIMIT $2) e ON true
      ORDER BY e.position`,
    params,
  );
  const [top] = rows;
  if (top === undefined) throw new Error('The event log has no head.');
  const events = rows.flatMap((row) => (row.position === null ? [] : [toEvent(row)]));
  return { events, logId: top.log_id, head: Number(top.head) };
}

/** Reads where the log ends and how far back it is kept. */
export async function readHead(db: LogReader): Promise<LogHead> {
  const [row] = await db.query<{ log_id: string; position: string; oldest: string | null }>(
    'SELECT log_id, position, (SELECT min(log.position) FROM log) AS oldest FROM log_head',
  );
  if (row === undefined) throw new Error('The event log has no head.');
  const position = Number(row.position);
  return { logId: row.log_id, position, oldest: row.oldest === null ? position + 1 : Number(row.oldest) };
}

/** Reads the event at a position; undefined when there is none or it is no longer kept. */
export async function readEvent(db: LogReader, position: number): Promise<LoggedEvent | undefined> {
  const [row] = await db.query<EventRow>(
    `SELECT h.log_id, e.position, e.event_id, e.type, e.occurred_at, e.facts
       FROM log e CROSS JOIN log_head h WHERE e.position = $1`,
    [position],
  );
  return row === undefined ? undefined : toEvent(row);
}
