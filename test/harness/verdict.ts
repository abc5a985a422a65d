import type { Doors } from '@chargegraph/cli';
import type { FollowedEvent } from './follower.ts';

const page = `query ($after: Cursor) {
  log: contractEventLog(after: $after, first: 1000) { events { id cursor type emaid } head }
}`;

/** The contract pool's log behind a cursor, as the operator reads it. */
export async function readWholeLog(operator: Doors, after: string): Promise<FollowedEvent[]> {
  const events: FollowedEvent[] = [];
  for (;;) {
    const { log } = await operator.graphql<{ log: { events: FollowedEvent[]; head: string } }>(page, {
      after: events.at(-1)?.cursor ?? after,
    });
    events.push(...log.events);
    if (log.events.length === 0) return events;
  }
}

/** What became of a log's events on the way to a follower. */
export interface Verdict {
  /** Ids of events that did not come. */
  readonly lost: readonly string[];
  /** Ids of events that came although they are not in the log. */
  readonly foreign: readonly string[];
  /** How many came once more than once. */
  readonly duplicated: number;
  /** Ids of events that came, the first time, after a later one of the same contract. */
  readonly disordered: readonly string[];
}

/** Holds what a follower had against the log. */
export function judge(log: readonly FollowedEvent[], had: readonly FollowedEvent[]): Verdict {
  const places = new Map(log.map(({ id }, place) => [id, place]));
  const first = new Set<string>();
  const furthest = new Map<string, number>();
  const foreign: string[] = [];
  const disordered: string[] = [];
  for (const { id, emaid } of had) {
    if (first.has(id)) continue;
    first.add(id);
    const place = places.get(id);
    if (place === undefined) {
      foreign.push(id);
      continue;
    }
    if (place < (furthest.get(emaid) ?? -1)) disordered.push(id);
    else furthest.set(emaid, place);
  }
  return {
    lost: log.flatMap(({ id }) => (first.has(id) ? [] : [id])),
    foreign,
    duplicated: had.length - first.size,
    disordered,
  };
}
