import { listen, type Listening } from './events.ts';
import type { FollowedEvent } from './follower.ts';
import { subscriber, type Subscriber } from './subscriber.ts';
import { pause } from './wait.ts';

/** The close code of a connection whose named consumer a newer one has taken. */
export const takenOver = 4452;

/** Somebody with a named consumer: a stock client that acknowledges what it has had, and stands back when it is taken over. */
export interface NamedFollower {
  /** Everything that came, in order, repetitions included. */
  readonly events: readonly FollowedEvent[];
  readonly closings: Subscriber['closings'];
  readonly connections: () => number;
  /** Whether the last event that came is acknowledged. */
  isThrough(): boolean;
  stop(): Promise<void>;
}

const query = `subscription ($consumer: String) { contractEvents(consumer: $consumer) { id cursor type emaid } }`;

/**
 * Follows contract events with a named consumer.
 *
 * @param options.token of the client that the consumer belongs to
 * @param options.acknowledge acknowledges up to a cursor; one that fails is made up for by the next
 */
export function followNamed(options: {
  readonly url: string;
  readonly token: string;
  readonly consumer: string;
  readonly acknowledge: (cursor: string) => Promise<void>;
}): NamedFollower {
  const { url, token, consumer, acknowledge } = options;
  const { client, closings, connections } = subscriber(
    url,
    () => token,
    (code) => code !== takenOver,
  );
  const listening: Listening<{ contractEvents: FollowedEvent }> = listen(client, query, { consumer });
  const events: FollowedEvent[] = [];
  let acknowledged: string | undefined;
  const ended = new AbortController();
  const collect = (): void => {
    for (const { data, errors } of listening.results.slice(events.length)) {
      if (data == null) throw new Error(JSON.stringify(errors));
      events.push(data.contractEvents);
    }
  };
  const acknowledging = (async () => {
    while (!ended.signal.aborted) {
      collect();
      const cursor = events.at(-1)?.cursor;
      if (cursor !== undefined && cursor !== acknowledged) {
        await acknowledge(cursor).then(
          () => (acknowledged = cursor),
          () => undefined,
        );
      }
      await pause(50);
    }
  })();
  return {
    events,
    closings,
    connections,
    isThrough: () => {
      const last = listening.results.at(-1)?.data?.contractEvents.cursor;
      return last === undefined || last === acknowledged;
    },
    stop: async () => {
      ended.abort();
      await acknowledging;
      await client.dispose();
    },
  };
}
