import type { LogPage, ReadLog } from '@chargegraph/events';
import { LRUCache } from 'lru-cache';

/** One log's reads, which many subscribers share. */
export interface SharedReads {
  /** Reads by itself. */
  readonly direct: ReadLog;
  /**
   * Reads for a replay: subscribers that are in the same stretch of the log at about the same time have one read together.
   * The answer may be older than the call as long as it holds an event behind the position.
   */
  readonly replay: ReadLog;
  /** Reads the oldest event that is kept and where the log ends; those who ask while that is read have the next one together. */
  readonly ends: () => Promise<LogPage>;
}

/** Events of a stretch. */
const stretch = 200;
/** Stretches that are kept, and for how long in milliseconds: for others who come by. */
const [keptStretches, keptForMs] = [16, 2_000];

/** Shares the reads of a log. */
export function createSharedReads(read: ReadLog): SharedReads {
  const stretches = new LRUCache<number, Promise<LogPage>>({
    max: keptStretches,
    ttl: keptForMs,
    ttlAutopurge: true,
  });
  let logId: string | undefined;

  const direct: ReadLog = async (after, first) => {
    const page = await read(after, first);
    // What is kept of a log that was replaced is no answer to those who go on in the new one.
    if (logId !== undefined && page.logId !== logId) stretches.clear();
    logId = page.logId;
    return page;
  };

  const begin = (from: number): Promise<LogPage> => {
    const reading = direct(from, stretch);
    stretches.set(from, reading);
    reading.catch(() => {
      if (stretches.peek(from) === reading) stretches.delete(from);
    });
    return reading;
  };

  return {
    direct,
    replay: async (after, first) => {
      const from = after - (after % stretch);
      const known = stretches.get(from);
      if (known !== undefined) {
        const page = behind(await known, after, first);
        if (page.events.length > 0) return page;
        // One that somebody has begun since this call.
        const younger = stretches.get(from);
        if (younger !== undefined && younger !== known) return behind(await younger, after, first);
      }
      return behind(await begin(from), after, first);
    },
    ends: together(() => direct(0, 1)),
  };
}

const behind = ({ events, ...end }: LogPage, after: number, first: number): LogPage => ({
  ...end,
  events: events.filter(({ position }) => position > after).slice(0, first),
});

/** Has all who ask while `work` is being done wait for the next time, which is one for all of them. */
function together<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    const result = work();
    const done = result
      .catch(() => undefined)
      .finally(() => {
        if (running === done) running = undefined;
      });
    running = done;
    return result;
  };
  return () => {
    if (running === undefined) return run();
    next ??= running.then(() => {
      next = undefined;
      return run();
    });
    return next;
  };
}
