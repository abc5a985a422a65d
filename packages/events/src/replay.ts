import { backoff, ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { LoggedEvent, LogPage, LogPosition } from './event.ts';
import type { ReadLog, Tail } from './tail.ts';

/** From where and how to follow a log. */
export interface ReplayOptions {
  /** The position after which to begin, already checked; 0 for the oldest event kept; from now unless given. */
  readonly after?: number;
  /** The log of which `after` is a position; the one that the tail follows unless given. */
  readonly logId?: string | undefined;
  /**
   * A position up to which the log is known to reach: until the tail has come that far, its word on where the log ends is
   * not taken. None unless given.
   */
  readonly logged?: number | undefined;
  /** Most live events kept for a consumer that lags behind; 1,000 unless given. */
  readonly bufferLimit?: number;
  /**
   * With it, {@link LogMarker}s are told too: one when all that was logged has been told, and one whenever nothing was
   * told for so many milliseconds.
   */
  readonly heartbeat?: number;
  /**
   * Whether the consumer has use for an event; any unless given. What it has none for passes by at once and costs next to
   * nothing, and the place moves on.
   */
  readonly wants?: (event: LoggedEvent) => boolean;
}

/** Events, and markers, of a log in order. */
export interface LogFollower<Item> extends AsyncIterableIterator<Item, undefined> {
  /** The next event, if there is one already and nobody waits for it; spares the wait of `next()`. */
  takeNow(): LoggedEvent | undefined;
}

/** Says that everything up to a place was told, and that the follower is alive. */
export interface LogMarker extends LogPosition {
  /** `CAUGHT_UP` once, when all that was logged before has been told; `HEARTBEAT` after quiet times. */
  readonly marker: 'CAUGHT_UP' | 'HEARTBEAT';
}

const pageSize = 200;
/** Milliseconds for which a log that cannot be read is tried again. */
const patience = 30_000;

/** What may pass by itself; anything else that a read refuses with is final. */
const faults: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL']);

const resynchronise = 'read the present state with a query, then subscribe without a cursor';

function unavailable(cause?: unknown): ChargeGraphError {
  return new ChargeGraphError('UNAVAILABLE', 'The event log cannot be read at present: try again soon.', {
    cause,
  });
}

function replaced(): ChargeGraphError {
  return new ChargeGraphError(
    'CURSOR_INVALID',
    `The event log was replaced, as after a restore: ${resynchronise}.`,
  );
}

function expired(): ChargeGraphError {
  return new ChargeGraphError('CURSOR_EXPIRED', `Events that follow are no longer kept: ${resynchronise}.`);
}

/**
 * Follows a log from a position: first what is in the log, taken from the tail's memory where that holds it and else read,
 * then what the tail delivers, every position once and in order, filling up again whenever the consumer has lagged more
 * than the buffer holds; so memory is bounded and nothing is lost. Never ends by itself; `return()` ends it at once, also
 * while `next()` waits.
 *
 * Reads may be shared: an answer may be older than the call as long as it holds an event behind the position.
 *
 * Iterating throws a ChargeGraphError when the events cannot be continued without a gap: `CURSOR_INVALID` after
 * the log was replaced, `CURSOR_EXPIRED` when it was pruned past the consumer, `UNAVAILABLE` when it cannot be read
 * for half a minute.
 *
 * @throws ChargeGraphError `UNAVAILABLE` when it is to begin now but the tail does not know yet where the log ends
 */
export function replayThenLive(
  tail: Tail,
  read: ReadLog,
  options: ReplayOptions & { readonly heartbeat: number },
): LogFollower<LoggedEvent | LogMarker>;
export function replayThenLive(
  tail: Tail,
  read: ReadLog,
  options?: ReplayOptions & { readonly heartbeat?: undefined },
): LogFollower<LoggedEvent>;
export function replayThenLive(
  tail: Tail,
  read: ReadLog,
  options: ReplayOptions = {},
): LogFollower<LoggedEvent | LogMarker> {
  const { bufferLimit: limit = 1_000, heartbeat, logged = 0, wants = () => true } = options;
  const begin = tail.head();
  const after = options.after ?? begin?.position;
  if (after === undefined) {
    throw unavailable();
  }
  let position = after;
  let logId = options.logId ?? begin?.logId;
  /** Events to hand out next. */
  let page: LoggedEvent[] = [];
  /** What the tail delivered since the last read began; nothing was left out while `complete`. */
  let buffer: LoggedEvent[] = [];
  let complete = false;
  let closed = false;
  let caughtUp = false;
  let reading = false;
  /** How many calls of `next()` have not been answered. */
  let asked = 0;
  let wake: (() => void) | undefined;
  let unsubscribe: (() => void) | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const isNext = (event: LoggedEvent): boolean =>
    event.position === position + 1 &&
    event.logId === logId &&
    buffer.length === 0 &&
    page.length === 0 &&
    !reading;

  const onEvent = (event: LoggedEvent): void => {
    if (!complete) return;
    // Nothing stands between the consumer and this one, which is not for it.
    if (isNext(event) && !wants(event)) {
      position = event.position;
      return;
    }
    // The tail may still follow a log that was replaced, or already the one that replaced ours.
    if (buffer.length >= limit || (logId !== undefined && event.logId !== logId)) {
      complete = false;
      buffer = [];
    } else {
      buffer.push(event);
    }
    wake?.();
  };
  const onReset = (): void => {
    // Whether the log still continues from our place shows when it is read.
    complete = false;
    buffer = [];
    wake?.();
  };

  /** Waits until something happens, or some time has passed: then false. */
  async function nap(milliseconds?: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const woken = await new Promise<boolean>((resolve) => {
      wake = () => {
        resolve(true);
      };
      if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds, false).unref();
    });
    wake = undefined;
    clearTimeout(timer);
    return woken;
  }

  function close(): void {
    closed = true;
    unsubscribe?.();
    page = [];
    buffer = [];
    wake?.();
  }

  function fail(error: ChargeGraphError): never {
    close();
    throw error;
  }

  /** Reads the log after our place; a fault is tried again for a while, since a pool may be restarting. */
  async function readOn(): Promise<LogPage | undefined> {
    const deadline = Date.now() + patience;
    for (let failures = 0; !closed; failures++) {
      // What the tail delivers from here on is kept, so that what this read does not hold yet is not missed.
      complete = true;
      buffer = [];
      try {
        return await read(position, pageSize);
      } catch (error) {
        if (error instanceof ChargeGraphError && !faults.has(error.code)) fail(error);
        if (Date.now() >= deadline) fail(unavailable(error));
        await nap(backoff(failures, 2_000));
      }
    }
    return undefined;
  }

  /** What the tail still has of it; nothing is asked of the pool for that. */
  function recall(): LogPage | undefined {
    if (logId === undefined || (tail.head()?.position ?? 0) < logged) return undefined;
    const remembered = tail.recent({ logId, position }, pageSize);
    if (remembered === undefined) return undefined;
    complete = true;
    buffer = [];
    return remembered;
  }

  async function refill(): Promise<void> {
    let result = recall();
    if (result === undefined) {
      reading = true;
      result = await readOn().finally(() => {
        reading = false;
      });
    }
    if (result === undefined) return;
    logId ??= result.logId;
    if (result.logId !== logId || result.head < position) fail(replaced());
    page = result.events.filter((event) => event.position > position);
    const next = page[0]?.position ?? result.head + 1;
    if (next > position + 1) {
      if (position > 0) fail(expired());
      // From the beginning means from what is kept.
      position = next - 1;
    }
    // More in the log than was read: what follows is read when this is handed out. A read that others began before us may be
    // older than what the tail has delivered since.
    const last = page.at(-1)?.position ?? position;
    const end = tail.head();
    const missed = buffer.length === 0 && end?.logId === logId ? end.position : 0;
    if (Math.max(result.head, missed, logged) > last) complete = false;
  }

  /** The next event that is wanted of those that the page and the buffer hold, or undefined when none follows. */
  function take(): LoggedEvent | undefined {
    for (let event = page.shift(); event !== undefined; event = page.shift()) {
      position = event.position;
      if (wants(event)) return event;
    }
    while (complete && buffer.length > 0) {
      const event = buffer[0];
      if (event === undefined || event.position > position + 1) {
        complete = false;
        return undefined;
      }
      buffer.shift();
      if (event.position <= position) continue;
      position = event.position;
      if (wants(event)) return event;
    }
    return undefined;
  }

  function join(): void {
    unsubscribe = tail.subscribe(onEvent, onReset);
    const head = tail.head();
    // Nothing lies between us and what the tail delivers next: there is nothing to read.
    complete = head?.logId === logId && head?.position === position && position >= logged;
  }

  /** A marker at our place, which is where the log ended a moment ago. */
  function mark(marker: LogMarker['marker']): IteratorResult<LogMarker, undefined> {
    if (logId === undefined) throw new Error('The log is not known.');
    return { done: false, value: { marker, logId, position } };
  }

  async function advance(): Promise<IteratorResult<LoggedEvent | LogMarker, undefined>> {
    if (!closed && unsubscribe === undefined) join();
    while (!closed) {
      const event = take();
      if (event !== undefined) return { done: false, value: event };
      if (!complete) {
        await refill();
      } else if (heartbeat !== undefined && !caughtUp) {
        caughtUp = true;
        return mark('CAUGHT_UP');
      } else if (!(await nap(heartbeat))) {
        return mark('HEARTBEAT');
      }
    }
    return { done: true, value: undefined };
  }

  return {
    next: () => {
      asked += 1;
      const result = queue.then(advance).finally(() => {
        asked -= 1;
      });
      queue = result.catch(() => undefined);
      return result;
    },
    takeNow: () => (closed || asked > 0 || unsubscribe === undefined ? undefined : take()),
    return: () => {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
