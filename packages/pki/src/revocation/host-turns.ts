import type { Clock } from '@chargegraph/service';
import { LRUCache } from 'lru-cache';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Fetcher } from './fetcher.ts';
import { FetchFailure } from './no-verdict.ts';

/** How hosts are spared. */
export interface HostTurnsOptions {
  readonly clock: Clock;
  /** Requests under way at once. */
  readonly parallel: number;
  /** Requests under way at once to one host and port. */
  readonly parallelPerHost: number;
  /** Milliseconds for which a host that failed is not asked. */
  readonly backOff: number;
}

/** So many failed hosts are remembered. */
const rememberedHosts = 10_000;

/**
 * A fetcher that asks through `fetcher`: so many requests at once and no more, and none to a host that did not answer
 * just now, so that a dead one costs its timeout once and not for every certificate.
 */
export function takingTurns(fetcher: Fetcher, options: HostTurnsOptions): Fetcher {
  const { clock, parallel, parallelPerHost, backOff } = options;
  const overall = pLimit(parallel);
  const perHost = new Map<string, LimitFunction>();
  const failedUntil = new LRUCache<string, number>({ max: rememberedHosts });

  const refuseIfFailed = (host: string): void => {
    const until = failedUntil.get(host);
    if (until === undefined) return;
    if (until > clock.now().getTime()) {
      throw new FetchFailure('failed just now and is not asked again yet', { ofHost: false });
    }
    failedUntil.delete(host);
  };

  return {
    fetch: async (request) => {
      const host = URL.canParse(request.url) ? new URL(request.url).origin : '';
      refuseIfFailed(host);
      const turns = perHost.get(host) ?? pLimit(parallelPerHost);
      perHost.set(host, turns);
      try {
        return await turns(
          async () =>
            await overall(async () => {
              // It may have failed while this one waited for its turn.
              refuseIfFailed(host);
              return await fetcher.fetch(request);
            }),
        );
      } catch (error) {
        if (error instanceof FetchFailure && error.ofHost) {
          failedUntil.set(host, clock.now().getTime() + backOff);
        }
        throw error;
      } finally {
        if (turns.activeCount === 0 && turns.pendingCount === 0) perHost.delete(host);
      }
    },
  };
}
