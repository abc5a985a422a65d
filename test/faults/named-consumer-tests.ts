import { expect, it } from 'vitest';
import { createDatabase } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import type { FollowedEvent } from '../harness/follower.ts';
import { followNamed, takenOver, type NamedFollower } from '../harness/named-follower.ts';
import { judge } from '../harness/verdict.ts';
import { eventually, pause } from '../harness/wait.ts';
import { consumersOf, mustDo } from '../named-consumers/scene.ts';
import { judgeReader } from '../order/judge-order.ts';
import { audible, type Installation } from './installation.ts';

/** What the tests of faults share. */
export interface FaultScene {
  readonly all: () => Installation;
  /** Lets a fault happen while events are written and a contract is published. */
  during(fault: () => Promise<void>): Promise<void>;
  /** The log, once all that was written is in it and all followers have had its end. */
  settled(): Promise<FollowedEvent[]>;
}

const consumer = 'main';
const sent = 'MO_CONTRACT_UPDATED_SENT_TO_OEM';

/** Tests of a named consumer that is connected while something fails. */
export function namedConsumerTests({ all, during, settled }: FaultScene): void {
  const begin = async (gateway: number): Promise<NamedFollower> => {
    const { oem, place, token } = all();
    const before = await lease();
    const follower = followNamed({
      url: place.gatewayUrls[gateway] ?? '',
      token: await token('demo-oem'),
      consumer,
      acknowledge: (cursor) => mustDo(oem, 'acknowledgeEvents', { consumer, cursor }),
    });
    await eventually('it has the consumer', async () => (await lease())?.fencing !== before?.fencing);
    return follower;
  };
  /** The lease as the pool has it. */
  const lease = async () => {
    const url = all().postgres.url;
    const database = createDatabase({ url, schema: 'ccp', logger: silentLogger, max: 1 });
    try {
      const [row] = await database.query<{ fencing: string; leased: boolean }>(
        'SELECT fencing, lease_until > now() AS leased FROM event_consumer WHERE name = $1',
        [consumer],
      );
      return row;
    } finally {
      await database.close();
    }
  };
  /** The log, once one that has the consumer has had and acknowledged it, and everybody has what was told of that. */
  const throughWith = async (follower: NamedFollower): Promise<FollowedEvent[]> => {
    const own = (log: readonly FollowedEvent[]) => audible(log, { name: 'demo-oem' });
    await eventually('it is through', async () => {
      const last = own(await settled()).at(-1);
      return follower.events.at(-1)?.id === last?.id && follower.isThrough();
    });
    return await settled();
  };
  /** What a car maker hears of a log from a follower's first event on. */
  const heardSince = (log: readonly FollowedEvent[], { events }: Pick<NamedFollower, 'events'>) => {
    const own = audible(log, { name: 'demo-oem' });
    return own.slice(own.findIndex(({ id }) => id === events[0]?.id));
  };
  const inOneGo = { passedOver: [], again: [] };
  /** What of a log the pool made and not the writer: it is told to have been received. */
  const published = (log: readonly FollowedEvent[]) =>
    log.filter(({ id }) => !all().writer.committedAt.has(id));

  it('keeps a named consumer, and lets one newer connection have it, while Redis is cut without a word', async () => {
    const { proxy, writer, oem } = all();
    const older = await begin(1);
    await writer.write(20);
    await throughWith(older);
    const first = await lease();
    let newer: NamedFollower | undefined;
    await during(async () => {
      proxy.silence();
      newer = await begin(0);
      await all().publish();
      // Nobody can tell its gateway, which finds out when it renews.
      await eventually('the older one is closed', () => older.closings.length > 0, 30_000);
      await settled();
      proxy.heal();
    });
    if (newer === undefined) throw new Error('There is no newer one.');
    const log = await throughWith(newer);
    expect(older.closings.map(({ code }) => code)).toEqual([takenOver]);
    expect([older.connections(), newer.connections(), newer.closings]).toEqual([1, 1, []]);
    const own = heardSince(log, older);
    expect(judgeReader(heardSince(log, newer), newer.events)).toEqual(inOneGo);
    expect(judge(own, [...older.events, ...newer.events])).toMatchObject({
      lost: [],
      foreign: [],
      disordered: [],
    });
    const second = await lease();
    expect([Number(second?.fencing) > Number(first?.fencing), second?.leased]).toEqual([true, true]);

    // With Redis back it changes hands as ever, and back again; a gateway that has not noticed yet finds out when it renews.
    const third = await begin(1);
    await eventually('it is closed', () => (newer?.closings.length ?? 0) > 0, 30_000);
    expect(newer.closings.map(({ code }) => code)).toEqual([takenOver]);
    await writer.write(20);
    await throughWith(third);
    expect(third.closings).toEqual([]);
    for (const follower of [older, newer, third]) await follower.stop();
    await eventually('it is given back', async () => (await consumersOf(oem))[0]?.connected === false);
  });

  it('keeps a named consumer connected over restarts of PostgreSQL, and tells once what was received', async () => {
    const { oem, postgres, publish } = all();
    const begun = (await settled()).length;
    const follower = await begin(1);
    const had = await lease();
    await during(async () => {
      await postgres.stop();
      await postgres.start();
      await pause(200);
      await postgres.crash();
      await postgres.start();
    });
    await publish();
    const log = await throughWith(follower);
    expect(judgeReader(heardSince(log, follower), follower.events)).toEqual(inOneGo);
    expect([follower.connections(), follower.closings]).toEqual([1, []]);
    expect(await lease()).toEqual({ fencing: had?.fencing, leased: true });
    // The contract that was published meanwhile and the one after, each told of once, and none to be waiting.
    const told = published(log.slice(begun)).map(({ type }) => type);
    expect(told.filter((type) => type === 'OEM_CONTRACT_UPDATED')).toHaveLength(2);
    expect(told.filter((type) => type.startsWith('MO_') && type !== 'MO_CONTRACT_UPDATED')).toEqual([
      sent,
      sent,
    ]);
    await follower.stop();
    await mustDo(oem, 'deleteEventConsumer', { name: consumer });
  });
}
