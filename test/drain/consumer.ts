import { createClient } from 'graphql-ws';
import WebSocket, { type CloseEvent } from 'ws';
import type { FollowedEvent } from '../harness/follower.ts';
import { pause } from '../harness/wait.ts';

/** What one consumer is to do. */
export interface ConsumerPlan {
  /** The only contract whose events it wants. */
  readonly emaid: string;
  /** Its name with us, if the cursor is kept there. */
  readonly consumer?: string;
}

/** Where consumers connect, and with what. */
export interface Whereabouts {
  /** Doors of the gateways; they begin at the first and go to the next whenever a connection ends. */
  readonly urls: readonly string[];
  readonly token: string;
  /** The cursor to begin with. */
  readonly after: string;
}

/** Something that happened to a consumer's connections. */
export type Happening =
  | { readonly what: 'let in'; readonly gateway: number }
  | { readonly what: 'caught up' }
  | { readonly what: 'closed'; readonly gateway: number; readonly code: number }
  | { readonly what: 'refused'; readonly message: string };

/** A consumer at work. */
export interface Consumer {
  /** Everything that came, in order, repetitions included. */
  readonly events: readonly FollowedEvent[];
  stop(): Promise<void>;
}

const query = `subscription ($after: Cursor, $where: ContractEventFilter, $consumer: String) {
  contractEvents(after: $after, where: $where, consumer: $consumer, markers: true) { id cursor type emaid }
}`;
const acknowledgement = `mutation ($input: AcknowledgeEventsInput!) {
  acknowledgeEvents(input: $input) { userErrors { message } } }`;

/** Milliseconds between two acknowledgements of a named consumer. */
const acknowledgedEveryMs = 2_000;

/** A stock graphql-ws client that keeps its cursor, as SUBSCRIPTIONS.md has it, and knows of several gateways. */
export function startConsumer(
  { emaid, consumer }: ConsumerPlan,
  { urls, token, after: start }: Whereabouts,
  tell: (happening: Happening) => void,
): Consumer {
  const events: FollowedEvent[] = [];
  let after: string | null = consumer === undefined ? start : null;
  let gateway = 0;
  const stopping = new AbortController();
  const client = createClient({
    url: () => `${(urls[gateway] ?? '').replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: Infinity,
    retryWait: () => pause(Math.random() * 100),
    shouldRetry: () => true,
    on: {
      connected: () => {
        tell({ what: 'let in', gateway });
      },
      closed: (event) => {
        const { code } = event as CloseEvent;
        if (!stopping.signal.aborted) tell({ what: 'closed', gateway, code });
        // What ended the connection itself may be over where it was.
        if (code !== 1000) gateway = (gateway + 1) % urls.length;
      },
    },
  });

  let acknowledgedAt = performance.now();
  const acknowledge = async (cursor: string): Promise<void> => {
    if (consumer === undefined || performance.now() - acknowledgedAt < acknowledgedEveryMs) return;
    acknowledgedAt = performance.now();
    const variables = { input: { consumer, cursor } };
    // One that did not get through is made up for by the next.
    const answer = await fetch(`${urls[gateway] ?? ''}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: acknowledgement, variables }),
    }).catch(() => undefined);
    await answer?.text();
  };

  const goOn = async (): Promise<void> => {
    const results = client.iterate<{ contractEvents: FollowedEvent }>({
      query,
      get variables() {
        return { after, consumer, where: { emaid } };
      },
    });
    for await (const { data, errors } of results) {
      for (const { message } of errors ?? []) tell({ what: 'refused', message });
      if (data == null) continue;
      const { contractEvents: event } = data;
      if (consumer === undefined) after = event.cursor;
      if (event.type === 'CAUGHT_UP') tell({ what: 'caught up' });
      else if (event.type !== 'HEARTBEAT') events.push(event);
      await acknowledge(event.cursor);
    }
  };
  const going = (async () => {
    while (!stopping.signal.aborted) {
      await goOn().catch((error: unknown) => {
        if (!stopping.signal.aborted) tell({ what: 'refused', message: JSON.stringify(error) });
      });
      await pause(50);
    }
  })();

  return {
    events,
    stop: async () => {
      stopping.abort();
      await client.dispose();
      await going;
    },
  };
}
