import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { pause } from './wait.ts';

/** An event as a follower has it. */
export interface FollowedEvent {
  readonly id: string;
  readonly cursor: string;
  readonly type: string;
  readonly emaid: string;
}

/** Somebody who wants every event: a stock client that goes on with the cursor of the last event, whatever happens. */
export interface Follower {
  readonly name: string;
  /** Everything that came, in order, repetitions included. */
  readonly events: readonly FollowedEvent[];
  /** What it was told when its cursor was refused, and after how many events it began anew. */
  readonly resynchronised: readonly { readonly message: string; readonly after: number }[];
  /** How often it was let in. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

const query = `subscription ($after: Cursor) { contractEvents(after: $after) { id cursor type emaid } }`;

interface Refusal {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/**
 * Follows the contract events of a gateway.
 *
 * @param options.token as long as it is good
 * @param options.after where to begin
 * @param options.onEvent called with each event when it comes
 */
export function follow(options: {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly after: string;
  readonly onEvent?: (event: FollowedEvent) => void;
}): Follower {
  const events: FollowedEvent[] = [];
  const resynchronised: { message: string; after: number }[] = [];
  let after: string | null = options.after;
  let connections = 0;
  const stopping = new AbortController();
  const client = createClient({
    url: `${options.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${options.token}` },
    retryAttempts: Infinity,
    retryWait: () => pause(100),
    shouldRetry: () => true,
    // A gateway that was killed without a word, on another machine, would not be noticed otherwise.
    keepAlive: 2_000,
    on: {
      connected: () => {
        connections += 1;
      },
    },
  });

  const goOn = async (): Promise<void> => {
    const results = client.iterate<{ contractEvents: FollowedEvent }>({
      query,
      get variables() {
        return { after };
      },
    });
    for await (const { data, errors } of results) {
      const refusal = errors?.[0] as Refusal | undefined;
      if (refusal?.extensions?.code === 'CURSOR_INVALID') {
        // What is read of the present state here does not matter: the sentence says to, and then to begin anew.
        resynchronised.push({ message: refusal.message, after: events.length });
        after = null;
      }
      if (data == null) continue;
      events.push(data.contractEvents);
      after = data.contractEvents.cursor;
      options.onEvent?.(data.contractEvents);
    }
  };
  const following = (async () => {
    while (!stopping.signal.aborted) {
      await goOn().catch(() => undefined);
      await pause(50);
    }
  })();

  return {
    name: options.name,
    events,
    resynchronised,
    connections: () => connections,
    stop: async () => {
      stopping.abort();
      await client.dispose();
      await following;
    },
  };
}
