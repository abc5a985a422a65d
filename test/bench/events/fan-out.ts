import { join } from 'node:path';
import type { BareRequest } from './bare-process.ts';
import type { Crowd } from './crowd.ts';
import type { CrowdTally } from './crowd-process.ts';
import type { Setting } from './setting.ts';
import { processorTime, startWorker } from '../shared/worker.ts';

/** Events, or frames, told to many at once. */
export interface Fanned {
  readonly subscribers: number;
  readonly events: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  /** Processor time of the server for each delivery, in microseconds: what the machine does besides matters less to it. */
  readonly processorMicroseconds: number;
  readonly octets: number;
}

/** The same through the gateway and by the bare server, in one run. */
export interface Compared {
  readonly gateway: Fanned;
  readonly bare: Fanned;
  /** Gateway's deliveries a second by the bare server's. */
  readonly ratio: number;
  /** Bare server's processor time for a delivery by the gateway's. */
  readonly processorRatio: number;
}

const markers = 'markers: true';

/** Documents of the subscribers. */
export const documents = {
  /** What the log itself tells. */
  'no hop': `subscription { contractEvents(${markers}) { id cursor type time emaid pcid } }`,
  /** Contract pool, provisioning certificate pool, root certificate pool. */
  'two hops': `subscription { contractEvents(${markers}) { id cursor type time emaid pcid
    contract { emaid provisioningCertificate { pcid rootCertificate { fingerprint } } } } }`,
} as const;

/** The name of a selection. */
export type Selection = keyof typeof documents;

async function fanned(
  crowd: Crowd,
  pid: number,
  subscribers: number,
  events: number,
  send: () => Promise<void>,
): Promise<Fanned & { readonly tally: CrowdTally }> {
  await crowd.reset();
  const used = await processorTime(pid);
  await send();
  const tally = await crowd.hears(subscribers * events);
  if (tally.messages !== subscribers * events || tally.least !== tally.most) {
    const { messages, least, most } = tally;
    throw new Error(`${messages} of ${subscribers * events} came, ${least} to ${most} on a socket.`);
  }
  const seconds = Math.max(1, tally.lastAt - tally.firstAt) / 1_000;
  return {
    subscribers,
    events,
    deliveries: tally.messages,
    deliveriesPerSecond: Math.round(tally.messages / seconds),
    processorMicroseconds: +((((await processorTime(pid)) - used) * 1_000) / tally.messages).toFixed(2),
    octets: Math.round(tally.octets / tally.messages),
    tally,
  };
}

/** How many events are told: as many as take about so long, as a first try shows. */
const eventsFor = (perSecond: number, seconds: number, subscribers: number): number =>
  Math.max(4, Math.min(20_000, Math.round((perSecond * seconds) / subscribers)));

/** Subscribers with one document, all of whom hear all events. */
export async function measureFanOut(
  setting: Setting,
  crowd: Crowd,
  options: { readonly selection: Selection; readonly subscribers: number; readonly seconds: number },
): Promise<Compared> {
  const { selection, subscribers, seconds } = options;
  const { gatewayUrl, gatewayPid, token } = setting;
  await crowd.subscribe(gatewayUrl, token, [{ query: documents[selection] }], subscribers);
  const through = (events: number) =>
    fanned(crowd, gatewayPid, subscribers, events, () => setting.write(events));
  const few = Math.max(2, Math.min(200, Math.ceil(5_000 / subscribers)));
  const { deliveriesPerSecond } = await through(few);
  const events = eventsFor(deliveriesPerSecond, seconds, subscribers);
  const { tally, ...gateway } = await through(events);
  await crowd.close();

  const server = startWorker<BareRequest>(join(import.meta.dirname, 'bare-process.ts'));
  const port = await server.ask<number>({ ask: 'port' });
  await crowd.listen(`ws://127.0.0.1:${port}`, subscribers);
  const { lastMessage: message } = tally;
  const bareOnes = (rounds: number) =>
    fanned(crowd, server.pid, subscribers, rounds, () =>
      server.ask<undefined>({ ask: 'send', message, rounds }),
    );
  const { deliveriesPerSecond: quick } = await bareOnes(few);
  const { tally: _, ...bare } = await bareOnes(eventsFor(quick, seconds, subscribers));
  await crowd.close();
  server.stop();
  return {
    gateway,
    bare,
    ratio: +(gateway.deliveriesPerSecond / bare.deliveriesPerSecond).toFixed(2),
    processorRatio: +(bare.processorMicroseconds / gateway.processorMicroseconds).toFixed(2),
  };
}
