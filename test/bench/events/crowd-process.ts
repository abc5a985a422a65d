/** Thousands of clients in a process of their own, told by its parent what to do: see {@link CrowdRequest}. */
import process from 'node:process';
import { openFrameSocket, type FrameSocket } from './frame-socket.ts';

/** What the crowd is asked; each is answered once it is done. */
export type CrowdRequest =
  /** Opens so many sockets; with a token and payloads, in turns, each subscribes and waits for its first message. */
  | {
      readonly ask: 'open';
      readonly url: string;
      readonly count: number;
      readonly token?: string;
      readonly payloads?: readonly unknown[];
    }
  /** Begins to count anew; with `ids`, events are written down with the moment at which they came. */
  | { readonly ask: 'reset'; readonly ids?: boolean }
  | { readonly ask: 'tally' }
  /** The first so many stop reading, or go on. */
  | { readonly ask: 'pause' | 'resume'; readonly count: number }
  | { readonly ask: 'close' };

/** What was counted since the last reset. */
export interface CrowdTally {
  readonly messages: number;
  readonly octets: number;
  /** Milliseconds since the epoch of the first and the last message. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Least and most messages of one socket that reads. */
  readonly least: number;
  readonly most: number;
  /** Sockets that the server closed since they were opened, by its code; 1006 without one. */
  readonly closed: Readonly<Record<string, number>>;
  readonly lastMessage: string;
  readonly arrivals: readonly (readonly [id: string, at: number])[];
}

interface Member {
  readonly socket: FrameSocket;
  count: number;
  paused: boolean;
}

const atOnce = 100;
const eventId = /"contractEvents":\{"id":"([0-9a-f-]{36})"/;

let members: Member[] = [];
let messages = 0;
let octets = 0;
let firstAt = 0;
let lastAt = 0;
let ids = false;
let last: () => string = () => '';
let arrivals: [string, number][] = [];
let closed: Record<string, number> = {};
let closing = false;

async function openOne(url: URL, token: string | undefined, payload: unknown): Promise<void> {
  let isUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => (isUp = resolve));
  let subscribed = false;
  const member: Member = {
    count: 0,
    paused: false,
    socket: await openFrameSocket(url, 'graphql-transport-ws', {
      onMessage: (length, text) => {
        if (!subscribed && token !== undefined) {
          const message = JSON.parse(text()) as { type: string };
          if (message.type === 'connection_ack') {
            member.socket.send({ id: '1', type: 'subscribe', payload });
          } else if (message.type === 'next') {
            subscribed = true;
            isUp();
          } else throw new Error(text());
          return;
        }
        lastAt = Date.now();
        if (messages === 0) firstAt = lastAt;
        messages += 1;
        octets += length;
        member.count += 1;
        if (ids) {
          const id = eventId.exec(text())?.[1];
          if (id !== undefined) arrivals.push([id, lastAt]);
        } else if (messages % 1_000 === 1) {
          const kept = text();
          last = () => kept;
        }
      },
      onClose: (code = 1006) => {
        if (!closing) closed[code] = (closed[code] ?? 0) + 1;
        members = members.filter((each) => each !== member || each.paused);
      },
    }),
  };
  members.push(member);
  if (token === undefined) return;
  member.socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await up;
}

async function answer(request: CrowdRequest): Promise<CrowdTally | undefined> {
  switch (request.ask) {
    case 'open': {
      closing = false;
      let begun = 0;
      const { count, token, payloads = [] } = request;
      const lane = async () => {
        while (begun < count) await openOne(new URL(request.url), token, payloads[begun++ % payloads.length]);
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
      return undefined;
    }
    case 'reset':
      [messages, octets, firstAt, lastAt, arrivals] = [0, 0, 0, 0, []];
      ids = request.ids === true;
      for (const member of members) member.count = 0;
      return undefined;
    case 'tally': {
      const counts = members.filter(({ paused }) => !paused).map(({ count }) => count);
      const least = counts.reduce((a, b) => Math.min(a, b), Infinity);
      const most = counts.reduce((a, b) => Math.max(a, b), 0);
      return { messages, octets, firstAt, lastAt, least, most, closed, lastMessage: last(), arrivals };
    }
    case 'pause':
    case 'resume':
      for (const member of members.slice(0, request.count)) {
        member.paused = request.ask === 'pause';
        member.socket[request.ask]();
      }
      return undefined;
    case 'close':
      closing = true;
      for (const { socket } of members) socket.close();
      members = [];
      closed = {};
      return undefined;
  }
}

process.on('message', ({ number, request }: { number: number; request: CrowdRequest }) => {
  answer(request).then(
    (result) => process.send?.({ number, result }),
    (error: unknown) => process.send?.({ number, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
