import { backoff, systemClock, type Clock, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';
import {
  logTopic,
  parseEvent,
  type JsonObject,
  type LoggedEvent,
  type LogPage,
  type LogPosition,
} from './event.ts';
import { createRecentEvents } from './recent-events.ts';
import { keepSubscribed } from './retrying.ts';

/**
 * Reads the events after a position of a pool's log, at most `first`; after 0 it begins with the oldest kept. It
 * must answer as of a moment after the call.
 */
export type ReadLog = (after: number, first: number) => Promise<LogPage>;

/** What a tail needs. */
export interface TailOptions {
  /** The pool whose log it follows, as in the bus's topics. */
  readonly pool: string;
  readonly read: ReadLog;
  readonly bus: EventBus;
  /** Makes of the facts on the bus, which are those the pool wrote, what `read` gives; as they are unless given. */
  readonly factsOf?: (written: JsonObject) => JsonObject;
  readonly logger: Logger;
  /** Milliseconds between looks at the log when the bus is silent; 5,000 unless given. */
  readonly pollInterval?: number;
  /** For {@link Tail.lastHeardAt}; the machine's unless given. */
  readonly clock?: Clock;
  /** How many of the events it delivered it keeps for {@link Tail.recent}; 5,000 unless given. */
  readonly remembered?: number;
}

/** Follows the end of one pool's log. */
export interface Tail {
  /** Resolves when the end of the log is known, which is tried until it succeeds, or when stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The last event delivered, or where the log ended at the start; undefined before that is known. */
  head(): LogPosition | undefined;
  /** A moment up to which all of the log is known to have been delivered; undefined before the first. */
  lastHeardAt(): Date | undefined;
  /**
   * What was delivered behind a place, `most` events at most, and as the head where the tail is; undefined unless all that
   * lies between is still in memory.
   */
  recent(after: LogPosition, most: number): LogPage | undefined;
  /**
   * Calls `listener` with each event from now on: every position once, in order.
   *
   * @param onReset called when the log was replaced, or pruned beyond the tail's place: events were left out, and
   *   delivery goes on after the position given
   * @returns ends the subscription
   */
  subscribe(listener: (event: LoggedEvent) => void, onReset?: (head: LogPosition) => void): () => void;
}

interface Subscriber {
  /** Whether it is to hear no more. */
  gone: boolean;
  readonly listener: (event: LoggedEvent) => void;
  readonly onReset: ((head: LogPosition) => void) | undefined;
}

const pageSize = 500;

/** Makes a tail; it does nothing before it is started. */
export function createTail(options: TailOptions): Tail {
  const { pool, read, bus, clock = systemClock } = options;
  const pollInterval = options.pollInterval ?? 5_000;
  const logger = options.logger.child({ part: 'tail', pool });
  const subscribers = new Set<Subscriber>();
  const recent = createRecentEvents(options.remembered ?? 5_000);
  let place: LogPosition | undefined;
  let heardAt: Date | undefined;
  let running = false;
  let reading: Promise<void> | undefined;
  let again = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let ready: (() => void) | undefined;
  let unsubscribe: (() => Promise<void>) | undefined;

  /** Those who were there when it was made; made anew when others are. */
  let audience: readonly Subscriber[] | undefined;

  function tell(call: (subscriber: Subscriber) => void): void {
    audience ??= [...subscribers];
    for (const subscriber of audience) {
      // One that unsubscribed while another was told must hear no more.
      if (subscriber.gone) continue;
      try {
        call(subscriber);
      } catch (error) {
        logger.error({ err: error }, 'a listener of the event log failed');
      }
    }
  }

  function deliver(event: LoggedEvent): void {
    place = { logId: event.logId, position: event.position };
    recent.add(event);
    tell(({ listener }) => {
      listener(event);
    });
  }

  function reset(to: LogPosition, why: string): void {
    logger.warn({ from: place, to }, why);
    place = to;
    recent.clear();
    tell(({ onReset }) => onReset?.(to));
  }

  /** Takes what one read brought; true when there may be more. `from` is the place it was asked from. */
  function take(page: LogPage, from: LogPosition | undefined): boolean {
    const { logId, head } = page;
    if (place === undefined) {
      place = { logId, position: head };
      return false;
    }
    if (page.logId !== place.logId || (from !== undefined && head < from.position)) {
      reset({ logId, position: head }, 'the event log was replaced');
      return false;
    }
    for (const event of page.events) {
      if (event.position <= place.position) continue;
      if (event.position > place.position + 1) {
        reset({ logId, position: event.position - 1 }, 'the event log was pruned beyond what was read');
      }
      deliver(event);
    }
    // More in the log than was read, and yet nothing to read: it is gone.
    if (page.events.length === 0 && place.position < head) {
      reset({ logId, position: head }, 'the event log was pruned beyond what was read');
    }
    return place.position < head;
  }

  async function catchUp(): Promise<void> {
    do {
      again = false;
      const from = place;
      const asked = clock.now();
      const page = await read(from?.position ?? 0, from === undefined ? 1 : pageSize);
      if (!running) return;
      const more = take(page, from);
      if (more) again = true;
      else heardAt = asked;
      ready?.();
    } while (again);
  }

  function schedule(milliseconds: number): void {
    clearTimeout(timer);
    if (running) timer = setTimeout(look, milliseconds).unref();
  }

  /** Reads the log now, or once more when it is being read. */
  function look(): void {
    if (!running) return;
    if (reading !== undefined) {
      again = true;
      return;
    }
    clearTimeout(timer);
    reading = catchUp()
      .then(
        () => {
          if (failures > 0) logger.info('the event log is read again');
          failures = 0;
          return pollInterval;
        },
        (error: unknown) => {
          // Said once: an hour without the pool is not a thousand faults.
          if (running && failures === 0)
            logger.warn({ err: error }, 'the event log cannot be read; trying again');
          return backoff(failures++, Math.max(pollInterval, 1_000));
        },
      )
      .then((rest) => {
        reading = undefined;
        schedule(rest);
      });
  }

  function hear(message: string): void {
    if (!running) return;
    const event = parseEvent(message);
    if (event === undefined || event.logId !== place?.logId || event.position > place.position + 1) {
      look();
    } else if (event.position === place.position + 1) {
      deliver(options.factsOf === undefined ? event : { ...event, facts: options.factsOf(event.facts) });
      // While the log is being read there may be more than this message tells.
      if (reading === undefined) heardAt = clock.now();
    }
  }

  return {
    start: async () => {
      if (running) return;
      running = true;
      unsubscribe = keepSubscribed(bus, logTopic(pool), hear, look, logger);
      const known = new Promise<void>((resolve) => {
        ready = resolve;
      });
      look();
      await known;
    },
    stop: async () => {
      running = false;
      clearTimeout(timer);
      ready?.();
      await unsubscribe?.();
      await reading;
    },
    head: () => place,
    lastHeardAt: () => heardAt,
    recent: (after, most) => {
      if (place === undefined) return undefined;
      const isAtEnd = after.logId === place.logId && after.position === place.position;
      const events = isAtEnd ? [] : recent.after(after, most);
      return events && { events, logId: place.logId, head: place.position };
    },
    subscribe: (listener, onReset) => {
      const subscriber: Subscriber = { gone: false, listener, onReset };
      subscribers.add(subscriber);
      audience = undefined;
      return () => {
        subscriber.gone = true;
        subscribers.delete(subscriber);
        audience = undefined;
      };
    },
  };
}
