import type { FollowedEvent } from '../harness/follower.ts';
import { pause } from '../harness/wait.ts';
import { audible, type Installation } from '../faults/installation.ts';

/** Somebody who reads events, in one go or in several. */
export interface Reader {
  readonly name: string;
  /** What came since it began to count, in order. */
  had(): readonly FollowedEvent[];
  /** What of a log is for it to hear. */
  hears(log: readonly FollowedEvent[]): FollowedEvent[];
  stop(): Promise<void>;
}

/** The clients whose events are read. */
export type ReadingClient = 'demo-oem' | 'demo-operator';

/** A reader that begins at a cursor and stays. */
export async function readFrom(
  all: Installation,
  name: ReadingClient,
  gateway: number,
  after: string,
): Promise<Reader> {
  const follower = await all.follow(name, gateway, after);
  return {
    name: follower.name,
    had: () => follower.events,
    hears: (log) => audible(log, follower),
    stop: () => follower.stop(),
  };
}

/** Those that have been reading all along, from their next event on. */
export const readOn = (all: Installation): Reader[] =>
  all.followers.map((follower) => {
    const before = follower.events.length;
    return {
      name: follower.name,
      had: () => follower.events.slice(before),
      hears: (log) => audible(log, follower),
      stop: () => Promise.resolve(),
    };
  });

/** A reader that leaves after a moment and goes on at the next gateway, with the cursor of the last event that it had. */
export function wander(all: Installation, name: ReadingClient, after: string): Reader {
  const events: FollowedEvent[] = [];
  const gateways = all.place.gatewayUrls.length;
  let present: readonly FollowedEvent[] = [];
  const ended = new AbortController();
  const wandering = (async () => {
    for (let n = 0; !ended.signal.aborted; n++) {
      const follower = await all.follow(name, n % gateways, events.at(-1)?.cursor ?? after);
      present = follower.events;
      await pause(100 + Math.random() * 400);
      await follower.stop();
      events.push(...follower.events);
      present = [];
    }
  })();
  return {
    name: `${name}, wandering`,
    had: () => [...events, ...present],
    hears: (log) => audible(log, { name }),
    stop: async () => {
      ended.abort();
      await wandering;
    },
  };
}
