import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crowd } from './crowd.ts';
import { documents } from './fan-out.ts';
import type { Setting } from './setting.ts';

const mebibyte = 2 ** 20;
const inMiB = (octets: number): number => +(octets / mebibyte).toFixed(1);

/** What subscribers cost that are there. */
export interface IdleMemory {
  readonly subscribers: number;
  readonly rssKiBEach: number;
  readonly heapKiBEach: number;
}

/** What it costs that some of many stop reading while events go on. */
export interface Stalled {
  readonly subscribers: number;
  readonly stalled: number;
  readonly deliveries: number;
  readonly octetsPerDelivery: number;
  /** Resident memory: before, the most seen meanwhile, and with garbage collected when the stalled are cut off. */
  readonly rssMiB: { readonly before: number; readonly most: number; readonly after: number };
  readonly heapMiB: { readonly before: number; readonly after: number };
  /** Those of the stalled that the gateway has cut off. */
  readonly cutOff: number;
  /** Whether everybody else was told everything. */
  readonly othersComplete: boolean;
}

/** Resident memory of a process, in octets; of Linux alone, else NaN. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

/** A selection of about 4 KiB: so that what is not read fills what the kernel keeps for a socket. */
const long = `subscription { contractEvents(markers: true) { id cursor
  ${Array.from({ length: 49 }, (_, n) => `a${n}: v2gRootFingerprint`).join(' ')} } }`;

/** Subscribers that nothing happens to; leaves them open. */
export async function measureIdle(setting: Setting, crowd: Crowd, subscribers: number): Promise<IdleMemory> {
  const { gatewayUrl, token } = setting;
  const open = (count: number, query: string = documents['no hop']) =>
    crowd.subscribe(gatewayUrl, token, [{ query }], count);
  // What is made once, whoever is there, is there before.
  await open(Math.min(100, subscribers));
  await crowd.close();
  await delay(500);
  const before = await setting.memory();
  await open(subscribers);
  await delay(500);
  const after = await setting.memory();
  await crowd.close();
  const each = (of: 'rss' | 'heapUsed') => +((after[of] - before[of]) / 1_024 / subscribers).toFixed(1);
  return { subscribers, rssKiBEach: each('rss'), heapKiBEach: each('heapUsed') };
}

/** Has a share of the subscribers stop reading until the gateway has cut them off, or for so many seconds. */
export async function measureStalled(
  setting: Setting,
  crowd: Crowd,
  options: { readonly subscribers: number; readonly share: number; readonly seconds: number },
): Promise<Stalled> {
  const { subscribers, share, seconds } = options;
  const stalled = Math.ceil(subscribers * share);
  await crowd.subscribe(setting.gatewayUrl, setting.token, [{ query: long }], subscribers);
  const before = await setting.memory();
  await crowd.reset();
  await crowd.pause(stalled);
  const others = subscribers - stalled;
  let most = before.rss;
  let events = 0;
  let told = await crowd.tally();
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const round = Math.max(1, Math.round(10_000 / subscribers));
    await setting.write(round);
    events += round;
    told = await crowd.hears(others * events);
    most = Math.max(most, await residentOf(setting.gatewayPid));
  }
  await crowd.resume(stalled);
  await delay(2_000);
  const { closed } = await crowd.tally();
  const after = await setting.memory();
  await crowd.close();
  return {
    subscribers,
    stalled,
    deliveries: told.messages,
    octetsPerDelivery: Math.round(told.octets / told.messages),
    rssMiB: { before: inMiB(before.rss), most: inMiB(most), after: inMiB(after.rss) },
    heapMiB: { before: inMiB(before.heapUsed), after: inMiB(after.heapUsed) },
    cutOff: Object.values(closed).reduce((a, b) => a + b, 0),
    othersComplete: told.least === events && told.most === events,
  };
}
