import { backoff, ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { LoggedEvent, LogPage } from './event.ts';
import type { ReadLog, Tail } from './tail.ts';

/** From where and how to follow a log. */
export interface ReplayOptions {
  /** The position after which to begin, already checked; 0 for the oldest event kept; from now unless given. */
  readonly after?: number;
  /** Most live events kept for a consumer that lags behind; 1,000 unless given. */
  readonly bufferLimit?: number;
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
 * Follows a log from a position: first what is in the log, then what the tail delivers, every position once and
 * in order, filling up from the log whenever the consumer has lagged more than the buffer holds; so memory is
 * bounded and nothing is lost. Never ends by itself; `return()` ends it at once, also while `next()` waits.
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
  options: ReplayOptions = {},
): AsyncIterableIterator<LoggedEvent, undefined> {
  const limit = options.bufferLimit ?? 1_000;
  const begin = tail.head();
  const after = options.after ?? begin?.position;
  if (after === undefined) {
    throw unavailable();
  }
  let position = after;
  let logId = begin?.logId;
  /** Events to hand out next. */
  let page: LoggedEvent[] = [];
  /** What the tail delivered since the last read began; nothing was left out while `complete`. */
  let buffer: LoggedEvent[] = [];
  let complete = false;
  let closed = false;
  let wake: (() => void) | undefined;
  let unsubscribe: (() => void) | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const onEvent = (event: LoggedEvent): void => {
    if (!complete) return;
    if (buffer.length >= limit) {
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

  /** Waits until something happens, or some time has passed. */
  async function nap(milliseconds?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds);
    });
    wake = undefined;
    clearTimeout(timer);
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

  async function refill(): Promise<void> {
    const result = await readOn();
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
    // More in the log than was read: what follows is read when this is handed out.
    if (result.head > (page.at(-1)?.position ?? position)) complete = false;
  }

  /** The next event that the buffer holds, or undefined when it holds none that follows. */
  function takeLive(): LoggedEvent | undefined {
    while (buffer.length > 0) {
      const event = buffer[0];
      if (event === undefined || event.position > position + 1) {
        complete = false;
        return undefined;
      }
      buffer.shift();
      if (event.position === position + 1) return event;
    }
    return undefined;
  }

  function join(): void {
    unsubscribe = tail.subscribe(onEvent, onReset);
    const head = tail.head();
    // Nothing lies between us and what the tail delivers next: there is nothing to read.
    complete = head !== undefined && head.logId === logId && head.position === position;
  }

  async function advance(): Promise<IteratorResult<LoggedEvent, undefined>> {
    if (!closed && unsubscribe === undefined) join();
    while (!closed) {
      const event = page.shift() ?? (complete ? takeLive() : undefined);
      if (event !== undefined) {
        position = event.position;
        return { done: false, value: event };
      }
      if (complete) await nap();
      else await refill();
    }
    return { done: true, value: undefined };
  }

  return {
    next: () => {
      const result = queue.then(advance);
      queue = result.catch(() => undefined);
      return result;
    },
    return: () => {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
