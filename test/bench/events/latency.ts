import { Redis } from 'ioredis';
import type { Crowd } from './crowd.ts';
import type { Setting } from './setting.ts';
import { processorTime } from '../shared/worker.ts';

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

function percentilesOf(values: number[]): Percentiles {
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
  return { p50: +at(0.5).toFixed(2), p99: +at(0.99).toFixed(2) };
}

const selective = `subscription ($where: ContractEventFilter) {
  contractEvents(where: $where, markers: true) { id cursor type time emaid pcid } }`;

/** From an event's commit to its subscribers. */
export interface CommitToClient extends Percentiles {
  readonly eventsPerSecond: number;
  readonly subscribers: number;
  readonly matching: number;
  readonly deliveries: number;
  readonly missing: number;
}

/** Events at a steady rate, each of which a tenth of the subscribers have asked for. */
export async function measureCommitToClient(
  setting: Setting,
  crowd: Crowd,
  options: { readonly rate: number; readonly subscribers: number; readonly seconds: number },
): Promise<CommitToClient> {
  const { rate, subscribers, seconds } = options;
  const { gatewayUrl, token, emaids } = setting;
  const payloads = emaids.map((emaid) => ({ query: selective, variables: { where: { emaid } } }));
  await crowd.subscribe(gatewayUrl, token, payloads, subscribers);
  const matching = subscribers / emaids.length;
  await crowd.reset();
  await setting.writeSteadily(rate, rate);
  await crowd.hears(rate * matching);
  await crowd.reset(true);
  const count = rate * seconds;
  const committedAt = await setting.writeSteadily(rate, count);
  const { arrivals } = await crowd.hears(count * matching);
  await crowd.close();
  const took = arrivals.flatMap(([id, at]) => {
    const committed = committedAt.get(id);
    // Whoever wrote it may hear of the commit later than the subscriber.
    return committed === undefined ? [] : [Math.max(0, at - committed)];
  });
  return {
    ...{ eventsPerSecond: rate, subscribers, matching },
    deliveries: took.length,
    missing: count * matching - took.length,
    ...percentilesOf(took),
  };
}

/** What events cost that few of many have asked for. */
export interface Selective {
  readonly subscribers: number;
  readonly matching: number;
  readonly events: number;
  /** Processor time of the gateway for each event, in microseconds. */
  readonly processorMicroseconds: number;
}

/** One of the subscribers has asked for each event, all but ten each for a contract to which nothing does. */
export async function measureSelective(
  setting: Setting,
  crowd: Crowd,
  options: { readonly subscribers: number; readonly seconds: number },
): Promise<Selective> {
  const { gatewayUrl, gatewayPid, token, emaids } = setting;
  const subscribers = Math.max(options.subscribers, emaids.length);
  const others = Array.from(
    { length: subscribers - emaids.length },
    (_, n) => `EMP99C9${String(n).padStart(7, '0')}`,
  );
  const payloads = [...emaids, ...others].map((emaid) => ({
    query: selective,
    variables: { where: { emaid } },
  }));
  await crowd.subscribe(gatewayUrl, token, payloads, subscribers);
  const tell = async (events: number) => {
    await crowd.reset();
    await setting.write(events);
    await crowd.hears(events);
  };
  await tell(500);
  const used = await processorTime(gatewayPid);
  const events = 500 * Math.ceil(options.seconds);
  await tell(events);
  const took = (await processorTime(gatewayPid)) - used;
  await crowd.close();
  return { subscribers, matching: 1, events, processorMicroseconds: Math.round((took * 1_000) / events) };
}

/** The yardstick: one message after the other through Redis, each sent when the last was received. */
export async function measureRedis(url: string, messages: number): Promise<Percentiles> {
  const [speaking, listening] = [new Redis(url), new Redis(url)];
  const took: number[] = [];
  let received: () => void = () => undefined;
  listening.on('message', () => {
    received();
  });
  await listening.subscribe('bench');
  for (let n = 0; n < messages; n++) {
    const began = performance.now();
    const heard = new Promise<void>((resolve) => (received = resolve));
    await speaking.publish('bench', 'x'.repeat(300));
    await heard;
    took.push(performance.now() - began);
  }
  speaking.disconnect();
  listening.disconnect();
  return percentilesOf(took);
}
