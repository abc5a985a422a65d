/** How long events took from their commit to the clients. */
export interface Latencies {
  /** An event came to a follower. */
  arrived(id: string): void;
  /** There was a fault between two moments. */
  disturbed(from: number, to: number): void;
  /** p50 and p99, of all events and of those with no fault near, given when each was committed. */
  summary(committedAt: ReadonlyMap<string, number>): string;
}

/** How long before a fault an event may still be on its way, and after one things catch up, in milliseconds. */
const [before, aftermath] = [1_000, 6_000];

/** Counts them. */
export function createLatencies(): Latencies {
  const arrivals: { id: string; at: number }[] = [];
  const disturbances: { from: number; to: number }[] = [];
  return {
    arrived: (id) => {
      arrivals.push({ id, at: Date.now() });
    },
    disturbed: (from, to) => {
      disturbances.push({ from: from - before, to: to + aftermath });
    },
    summary: (committedAt) => {
      const all: number[] = [];
      const quiet: number[] = [];
      for (const { id, at } of arrivals) {
        const committed = committedAt.get(id);
        if (committed === undefined) continue;
        // The client may hear of it before the writer hears that it was committed.
        const took = Math.max(0, at - committed);
        all.push(took);
        if (disturbances.every(({ from, to }) => committed < from || committed > to)) quiet.push(took);
      }
      const line = (what: string, times: number[]): string => {
        times.sort((a, b) => a - b);
        const at = (share: number) =>
          times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
        return `commit to client, ${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${times.length} deliveries)`;
      };
      return `${line('no fault near', quiet)}\n${line('all', all)}`;
    },
  };
}
