import type { LoggedEvent, LogPosition } from './event.ts';

/** The last events of a log, in memory. */
export interface RecentEvents {
  /** Adds the next one; what is not the next one of the same log makes it begin anew. */
  add(event: LoggedEvent): void;
  /** Forgets all. */
  clear(): void;
  /** Those behind a place, `most` at most; undefined when that is not known to be all that follows it. */
  after(place: LogPosition, most: number): LoggedEvent[] | undefined;
}

/** Keeps so many; the oldest make room. */
export function createRecentEvents(limit: number): RecentEvents {
  /** By position modulo the limit: positions follow each other without a gap. */
  const slots: LoggedEvent[] = [];
  let last: LogPosition | undefined;
  let oldest = 0;

  const clear = (): void => {
    slots.length = 0;
    last = undefined;
  };

  return {
    clear,
    add: (event) => {
      if (limit < 1) return;
      if (event.logId !== last?.logId || event.position !== last.position + 1) {
        clear();
        oldest = event.position;
      }
      slots[event.position % limit] = event;
      last = { logId: event.logId, position: event.position };
      oldest = Math.max(oldest, event.position - limit + 1);
    },
    after: ({ logId, position }, most) => {
      if (logId !== last?.logId || position > last.position || position + 1 < oldest) return undefined;
      const events: LoggedEvent[] = [];
      const end = Math.min(last.position, position + most);
      for (let next = position + 1; next <= end; next++) {
        const event = slots[next % limit];
        if (event !== undefined) events.push(event);
      }
      return events;
    },
  };
}
