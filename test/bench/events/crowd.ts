import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CrowdRequest, CrowdTally } from './crowd-process.ts';
import { startWorker } from '../shared/worker.ts';

/** Subscribers, or bare websocket clients, in a process of their own. */
export interface Crowd {
  /** Opens so many that subscribe with the payloads in turns; each has been told where the log ends. */
  subscribe(
    gatewayUrl: string,
    token: string,
    payloads: readonly SubscribePayload[],
    count: number,
  ): Promise<void>;
  /** Opens so many that only listen. */
  listen(url: string, count: number): Promise<void>;
  /** Begins to count anew; with `ids`, events are written down one by one. */
  reset(ids?: boolean): Promise<void>;
  tally(): Promise<CrowdTally>;
  /** Waits until so many messages came since the last reset, or, after a while without any, for no more. */
  hears(messages: number): Promise<CrowdTally>;
  pause(count: number): Promise<void>;
  resume(count: number): Promise<void>;
  close(): Promise<void>;
  stop(): void;
}

/** What is subscribed with; markers must be on, for the first tells that the subscription stands. */
export interface SubscribePayload {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** How long nothing comes until nothing more is waited for, in milliseconds. */
const silence = 15_000;

/** Starts the process. */
export function startCrowd(): Crowd {
  const worker = startWorker<CrowdRequest>(join(import.meta.dirname, 'crowd-process.ts'));
  const tell = (request: CrowdRequest) => worker.ask<undefined>(request);
  const tally = () => worker.ask<CrowdTally>({ ask: 'tally' });
  const websocket = (url: string) => new URL('/graphql', url).href;
  return {
    subscribe: (gatewayUrl, token, payloads, count) =>
      tell({ ask: 'open', url: websocket(gatewayUrl), count, token, payloads }),
    listen: (url, count) => tell({ ask: 'open', url: websocket(url), count }),
    reset: (ids = false) => tell({ ask: 'reset', ids }),
    tally,
    hears: async (messages) => {
      let last = await tally();
      for (let quietSince = Date.now(); last.messages < messages;) {
        await delay(50);
        const now = await tally();
        if (now.messages > last.messages) quietSince = Date.now();
        else if (Date.now() - quietSince > silence) return now;
        last = now;
      }
      return last;
    },
    pause: (count) => tell({ ask: 'pause', count }),
    resume: (count) => tell({ ask: 'resume', count }),
    close: () => tell({ ask: 'close' }),
    stop: () => {
      worker.stop();
    },
  };
}
