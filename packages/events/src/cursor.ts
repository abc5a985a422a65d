import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import type { LogPosition } from './event.ts';

/** A place in one pool's log: the last event that its holder has seen. */
export interface Cursor extends LogPosition {
  /** `rcp`, `pcp`, `cps` or `ccp`. */
  readonly pool: string;
}

/** What a cursor is held against: a pool's log as it is now. */
export interface CursorBounds {
  readonly pool: string;
  readonly logId: string;
  /** The last position given. */
  readonly head: number;
  /** The position of the oldest event kept; one past the head when there is none. */
  readonly oldest: number;
}

// Octets: version, length of the pool's name, the name, the log's UUID, the position in as few octets as it
// takes (big-endian), and the first four octets of the SHA-256 over all that, against mangled copies.
const version = 1;
const checkLength = 4;

function checkOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, checkLength);
}

/**
 * Writes a cursor as an opaque text of `A-Z a-z 0-9 - _`.
 *
 * @throws RangeError for a pool's name over 255 octets, a log id that is no UUID or a position that is not a safe
 *   integer from 0
 */
export function encodeCursor(cursor: Cursor): string {
  const pool = Buffer.from(cursor.pool, 'utf8');
  const logId = Buffer.from(cursor.logId.replaceAll('-', ''), 'hex');
  if (pool.length > 255 || logId.length !== 16) throw new RangeError('The cursor names no log.');
  if (!Number.isSafeInteger(cursor.position) || cursor.position < 0) {
    throw new RangeError('The cursor has no position.');
  }
  const hex = cursor.position === 0 ? '' : cursor.position.toString(16);
  const position = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const body = Buffer.concat([Buffer.from([version, pool.length]), pool, logId, position]);
  return Buffer.concat([body, checkOf(body)]).toString('base64url');
}

function unreadable(): ChargeGraphError {
  return new ChargeGraphError(
    'CURSOR_INVALID',
    'This is not a cursor of ours: pass a cursor exactly as it was received, or none to begin anew.',
  );
}

/**
 * Reads what {@link encodeCursor} wrote.
 *
 * @throws ChargeGraphError `CURSOR_INVALID` for any other text
 */
export function decodeCursor(text: string): Cursor {
  // The longest there can be: a pool's name of 255 octets and a position of 7.
  if (text.length > 380 || !/^[A-Za-z0-9_-]+$/.test(text)) throw unreadable();
  const octets = Buffer.from(text, 'base64url');
  const nameLength = octets[1];
  const logIdAt = 2 + (nameLength ?? 0);
  const positionAt = logIdAt + 16;
  const bodyLength = octets.length - checkLength;
  if (octets[0] !== version || nameLength === undefined || bodyLength < positionAt) throw unreadable();
  const pool = octets.subarray(2, logIdAt);
  if (!isUtf8(pool)) throw unreadable();
  const hex = octets.subarray(logIdAt, positionAt).toString('hex');
  const cursor: Cursor = {
    pool: pool.toString('utf8'),
    logId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    position: Number(`0x0${octets.subarray(positionAt, bodyLength).toString('hex')}`),
  };
  // Every cursor has one spelling, so whatever was changed shows when it is written again.
  if (!Number.isSafeInteger(cursor.position) || encodeCursor(cursor) !== text) throw unreadable();
  return cursor;
}

/**
 * Checks that the events after a cursor can be told from a pool's log without leaving any out.
 *
 * @throws ChargeGraphError `CURSOR_INVALID` when the cursor is of another pool, of another log or beyond the
 *   head; `CURSOR_EXPIRED` when events after it are no longer kept. The sentence says how to go on.
 */
export function checkCursor(cursor: Cursor, bounds: CursorBounds): void {
  const resynchronise = 'read the present state with a query, then subscribe without a cursor';
  if (cursor.pool !== bounds.pool) {
    throw new ChargeGraphError(
      'CURSOR_INVALID',
      `This cursor belongs to the events of ${cursor.pool}, not of ${bounds.pool}: use a cursor that was ` +
        'received with these events.',
    );
  }
  if (cursor.logId !== bounds.logId) {
    throw new ChargeGraphError(
      'CURSOR_INVALID',
      `This cursor belongs to an event log that was replaced, as after a restore: ${resynchronise}.`,
    );
  }
  if (cursor.position > bounds.head) {
    throw new ChargeGraphError(
      'CURSOR_INVALID',
      `This cursor lies beyond the last event, as after a loss of data: ${resynchronise}.`,
    );
  }
  if (cursor.position + 1 < bounds.oldest) {
    throw new ChargeGraphError(
      'CURSOR_EXPIRED',
      `Events that follow this cursor are no longer kept: ${resynchronise}.`,
    );
  }
}
