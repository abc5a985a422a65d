import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis } from '@chargegraph/events/testing';
import { endOfLog } from '../harness/events.ts';
import type { FollowedEvent } from '../harness/follower.ts';
import { runChargegraph } from '../harness/processes.ts';
import { judge, readWholeLog } from '../harness/verdict.ts';
import { eventually, pause } from '../harness/wait.ts';
import { orderTests } from '../order/order-tests.ts';
import { namedConsumerTests } from './named-consumer-tests.ts';
import { audible, startInstallation, type Installation } from './installation.ts';

const faultless = { lost: [], foreign: [], duplicated: 0, disordered: [] };
/** Events that are written while a fault happens. */
const perFault = 300;

describe.skipIf(!hasRedis)('a follower of contract events', { timeout: 60_000 }, () => {
  let all: Installation;
  /** From where the log is looked at, and what was written before. */
  let from: { readonly cursor: string; readonly written: ReadonlySet<string> };

  beforeAll(async () => {
    all = await startInstallation({
      ...{ gateways: 3, rate: 250, contracts: 40, publications: 20 },
      // The log is looked at again and again.
      settings: { CHARGEGRAPH_COST_PER_MINUTE: '0' },
    });
    from = { cursor: all.start, written: new Set() };
  }, 120_000);
  afterAll(() => all.clear(), 30_000);

  /** Lets the fault happen while events are written and a contract is published. */
  async function during(fault: () => Promise<void>): Promise<void> {
    const before = all.writer.count();
    const writing = all.writer.write(perFault);
    await eventually('the writer is at work', () => all.writer.count() > before + perFault / 4);
    await Promise.all([fault(), all.publish(), writing]);
  }

  /** The log, once all that was written is in it and all followers have had its end. */
  async function settled() {
    const log: FollowedEvent[] = [];
    await eventually(
      'everything arrives',
      async () => {
        log.push(...(await readWholeLog(all.operator, log.at(-1)?.cursor ?? from.cursor)));
        const logged = new Set([...from.written, ...log.map(({ id }) => id)]);
        return (
          [...all.writer.committedAt.keys()].every((id) => logged.has(id)) &&
          all.followers.every((follower) => {
            const last = audible(log, follower).at(-1);
            return last === undefined || follower.events.at(-1)?.id === last.id;
          })
        );
      },
      30_000,
    );
    return log;
  }

  /** Everybody has had everything, in order, and nobody anything twice: each goes on with its last event's cursor. */
  async function expectNothingLost(): Promise<void> {
    const log = await settled();
    for (const [emaid, ids] of all.writer.committed) {
      expect(log.filter((event) => event.emaid === emaid).map(({ id }) => id)).toEqual(ids);
    }
    for (const follower of all.followers) {
      expect([follower.name, judge(audible(log, follower), follower.events)]).toEqual([
        follower.name,
        faultless,
      ]);
      expect(follower.resynchronised).toEqual([]);
    }
  }

  orderTests(() => all);

  it('loses nothing when a gateway is killed, and goes on when it is back', async () => {
    const before = all.followers.map(({ connections }) => connections());
    await during(async () => {
      await all.place.kill('gateway');
      await all.place.startOne('gateway');
    });
    await expectNothingLost();
    // A busy machine may let a ping of the others go unanswered for too long, so theirs are not counted.
    const again = all.followers.map(({ connections }, n) => connections() > (before[n] ?? 0));
    expect(again.slice(0, 2)).toEqual([true, true]);
  });

  it('loses nothing when the pool is killed, and with it what moves events to the log', async () => {
    await during(async () => {
      await all.place.kill('ccp');
      await all.place.startOne('ccp');
    });
    await expectNothingLost();
  });

  it('loses nothing when Redis is stopped and started again, nor when it is flushed or drops its clients', async () => {
    const connections = all.followers.map((each) => each.connections());
    await during(async () => {
      await all.redis.kill();
      await all.publish();
      await all.redis.start();
    });
    await during(async () => {
      await all.redis.command('FLUSHALL');
      await all.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await all.redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    });
    await expectNothingLost();
    // It is none of their business.
    expect(all.followers.map((each) => each.connections())).toEqual(connections);
  });

  it('loses nothing when the connections to Redis are reset, slow, or cut without a word', async () => {
    const { proxy } = all;
    await during(() => {
      proxy.reset();
      return Promise.resolve();
    });
    await during(() => {
      proxy.delay(80);
      return Promise.resolve();
    });
    proxy.delay(0);
    await during(async () => {
      proxy.silence();
      await all.publish();
      // Nobody tells the processes, and still they have what was written.
      await settled();
      proxy.heal();
    });
    await expectNothingLost();
  });

  it('loses nothing when PostgreSQL crashes and comes back', async () => {
    await during(async () => {
      await all.postgres.crash();
      await pause(300);
      await all.postgres.start();
    });
    await expectNothingLost();
  });

  namedConsumerTests({ all: () => all, during, settled });

  describe.each([
    { way: 'by a recovery from its archive', recovering: true },
    { way: 'from a copy of its files, which the operator has to say', recovering: false },
  ])('when PostgreSQL is put back $way', ({ recovering }) => {
    it('is refused with its cursor, told how to begin anew, and misses nothing from then on', async () => {
      await settled();
      const { postgres, writer, followers } = all;
      await postgres.stop();
      await postgres.backUp();
      await postgres.start();
      // These are gone when it is put back, and their positions are given again.
      await writer.write(40);
      const cursors = await settled().then(() => followers.map(({ events }) => events.at(-1)?.cursor ?? ''));
      const before = followers.map(({ resynchronised }) => resynchronised.length);
      await postgres.stop();
      await postgres.restore(recovering);
      await postgres.start();
      if (!recovering) {
        const env = { CHARGEGRAPH_DATABASE_URL: postgres.url };
        const { code, stdout, stderr } = await runChargegraph(['restored'], { env });
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(/^rcp: .*\npcp: .*\nccp: its event log is [0-9a-f-]{36} from now on\n$/);
      }
      // More than were lost, so that the old cursors lie within what is there.
      const had = followers.map(({ events }) => events.length);
      await eventually(
        'all have begun anew',
        async () => {
          await writer.write(1);
          return followers.every(({ events, resynchronised }, n) => {
            const begunAgain = resynchronised.length > (before[n] ?? 0);
            return begunAgain && events.length > (resynchronised.at(-1)?.after ?? 0);
          });
        },
        30_000,
      );
      from = { cursor: await endOfLog(all.operator), written: new Set(writer.committedAt.keys()) };
      await writer.write(100);
      const log = await settled();
      const marked = new Set(log.map(({ id }) => id));
      for (const [n, follower] of followers.entries()) {
        const since = follower.events.slice(had[n]).filter(({ id }) => marked.has(id));
        expect([follower.name, judge(audible(log, follower), since)]).toEqual([follower.name, faultless]);
        expect(follower.resynchronised.at(-1)?.message).toMatch(
          /replaced, as after a restore: read the present state with a query, then subscribe without a cursor\.$/,
        );
      }
      // And so is whoever was away all the while.
      const late = await all.follow('demo-oem', 1, cursors[0] ?? '');
      await eventually('the late one is refused', () => late.resynchronised.length === 1);
      expect(late.events).toEqual([]);
      await late.stop();
    });
  });
});
