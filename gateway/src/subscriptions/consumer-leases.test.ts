import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  consumerTopic,
  createInProcessBus,
  encodeCursor,
  serialiseNotice,
  type ConsumerNotice,
  type EventBus,
} from '@chargegraph/events';
import type { SubgraphResponse } from '@chargegraph/graph';
import { silentLogger } from '@chargegraph/service';
import { contextOf, logId } from '../graph.fixture.ts';
import type { PoolSource } from '../graph/executor.ts';
import { createConsumerLeases, type ConsumerLeases, type LossOfLease } from './consumer-leases.ts';

interface Asked {
  readonly name: string;
  readonly input: Record<string, unknown>;
}

/** A pool that counts fencing numbers up, and does to calls what a test says. */
function createPool() {
  const asked: Asked[] = [];
  const behaviour = {
    fencing: 0,
    isAway: false,
    state: 'HELD',
    answer: undefined as SubgraphResponse | undefined,
    beforeAnswer: () => Promise.resolve(),
  };
  const pool: PoolSource = {
    name: 'ccp',
    execute: async ({ query, variables, context }) => {
      expect([...context.caller.roles]).toEqual(['SERVICE']);
      const name = /mutation (\w+)/.exec(query)?.[1] ?? '';
      const input = variables?.['input'] as Record<string, unknown>;
      asked.push({ name, input });
      if (behaviour.isAway) throw new Error('connection refused');
      if (behaviour.answer !== undefined) return behaviour.answer;
      const answer = (fields: object) => ({ data: { answer: { ...fields, userErrors: [] } } });
      if (name === 'LeaseEventConsumer') {
        const fencing = String(++behaviour.fencing);
        await behaviour.beforeAnswer();
        return answer({ lease: { fencing, cursor: encodeCursor({ pool: 'ccp', logId, position: 7 }) } });
      }
      if (name === 'RenewEventConsumers') {
        return answer({ states: (input['leases'] as unknown[]).map(() => behaviour.state) });
      }
      return answer({ released: true });
    },
  };
  return { pool, asked, behaviour };
}

let bus: EventBus;
let made: ReturnType<typeof createPool>;
let leases: ConsumerLeases;
const { caller } = contextOf('OEM');

beforeEach(() => {
  vi.useFakeTimers();
  bus = createInProcessBus();
  made = createPool();
  leases = createConsumerLeases({ pool: made.pool, bus, logger: silentLogger });
  leases.start();
});
afterEach(async () => {
  made.behaviour.isAway = false;
  await leases.stop();
  vi.useRealTimers();
});

async function take(consumer = 'main') {
  const lost: LossOfLease[] = [];
  const lease = await leases.take({ caller, consumer, fromBeginning: false });
  lease.onLost((why) => lost.push(why));
  return { lease, lost };
}
const notice = (fencing: number, why: ConsumerNotice['why'], consumer = 'main') =>
  bus.publish(consumerTopic('ccp'), serialiseNotice({ clientId: caller.clientId, consumer, fencing, why }));
const calls = (name: string) => made.asked.filter((each) => each.name === name);
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('a lease of a consumer', () => {
  it('is asked for with who asks, and says where to begin', async () => {
    const { lease } = await take();
    expect(lease.begin).toEqual({ logId, position: 7 });
    expect(lease.isHeld()).toBe(true);
    expect(calls('LeaseEventConsumer')).toMatchObject([
      {
        input: {
          clientId: 'test',
          organisation: 'Test',
          wmis: ['WVW'],
          consumer: 'main',
          after: null,
          fromBeginning: false,
        },
      },
    ]);
  });

  it('is renewed every ten seconds, all of a gateway in one call, and holds as long as that succeeds', async () => {
    const both = [await take('a'), await take('b')];
    await pass(65_000);
    const renewals = calls('RenewEventConsumers');
    expect(renewals.length).toBeGreaterThanOrEqual(5);
    expect(renewals.length).toBeLessThanOrEqual(7);
    expect(renewals.at(-1)?.input['leases']).toMatchObject([
      { consumer: 'a', fencing: '1' },
      { consumer: 'b', fencing: '2' },
    ]);
    for (const { lease, lost } of both) {
      expect(lease.isHeld()).toBe(true);
      expect(lost).toEqual([]);
    }
  });

  it('runs out after 30 seconds in which nothing answers, and not when one try succeeds in time', async () => {
    const { lease, lost } = await take();
    made.behaviour.isAway = true;
    await pass(25_000);
    expect(lease.isHeld()).toBe(true);
    made.behaviour.isAway = false;
    await pass(2_500);
    made.behaviour.isAway = true;
    await pass(20_000);
    expect(lost).toEqual([]);
    await pass(15_000);
    expect(lost).toEqual(['RAN_OUT']);
    expect(lease.isHeld()).toBe(false);
    lease.release();
    expect(calls('ReleaseEventConsumer')).toEqual([]);
  });

  it.each(['TAKEN_OVER', 'SET_BACK', 'GONE'] as const)(
    'is lost at once by a notice that says %s',
    async (why) => {
      const { lease, lost } = await take();
      await notice(2, why);
      expect(lost).toEqual([why]);
      expect(lease.isHeld()).toBe(false);
      await notice(3, why);
      expect(lost).toEqual([why]);
    },
  );

  it.each(['TAKEN_OVER', 'SET_BACK', 'GONE'] as const)(
    'is lost at the next renewal that says %s',
    async (why) => {
      const { lost } = await take();
      made.behaviour.state = why;
      await pass(10_000);
      expect(lost).toEqual([why]);
    },
  );

  it('is not lost by notices of older leases, of its own, of other consumers, or by nonsense', async () => {
    made.behaviour.fencing = 5;
    const { lost } = await take();
    await notice(5, 'TAKEN_OVER');
    await notice(6, 'TAKEN_OVER');
    await notice(9, 'TAKEN_OVER', 'other');
    await bus.publish(consumerTopic('ccp'), 'nonsense');
    await bus.publish(consumerTopic('ccp'), '{"clientId":"test","consumer":"main","fencing":9,"why":"X"}');
    expect(lost).toEqual([]);
  });

  it('is lost from the start when a newer one was told of before the answer came', async () => {
    made.behaviour.beforeAnswer = async () => {
      await notice(1, 'TAKEN_OVER');
      await notice(3, 'TAKEN_OVER');
      await notice(2, 'GONE');
    };
    const { lease, lost } = await take();
    expect(lost).toEqual(['TAKEN_OVER']);
    expect(lease.isHeld()).toBe(false);
  });

  it('is given back once, and no longer renewed or lost then', async () => {
    const { lease, lost } = await take();
    lease.release();
    lease.release();
    expect(lease.isHeld()).toBe(false);
    await notice(9, 'TAKEN_OVER');
    await pass(60_000);
    expect(calls('ReleaseEventConsumer')).toMatchObject([{ input: { consumer: 'main', fencing: '1' } }]);
    expect(
      calls('RenewEventConsumers').every(({ input }) => (input['leases'] as unknown[]).length === 0),
    ).toBe(true);
    expect(lost).toEqual([]);
  });

  it('is given back when the gateway stops, which waits for that', async () => {
    await take('a');
    await take('b');
    await leases.stop();
    expect(calls('ReleaseEventConsumer').map(({ input }) => input['consumer'])).toEqual(['a', 'b']);
  });
});

describe('a lease that is refused', () => {
  const refused = () => expect(leases.take({ caller, consumer: 'main', fromBeginning: true })).rejects;
  const error = (code: string) => ({ errors: [{ message: 'Why.', extensions: { code } }] });

  it('says why, naming the argument of the subscription', async () => {
    made.behaviour.answer = {
      data: {
        answer: {
          lease: null,
          userErrors: [{ code: 'BAD_INPUT', message: 'No.', path: ['input', 'fromBeginning'] }],
        },
      },
    };
    await refused().toMatchObject({ code: 'BAD_INPUT', message: 'No.', inputPath: ['fromBeginning'] });
  });

  it.each(['CURSOR_INVALID', 'CURSOR_EXPIRED'])('is %s as the pool says', async (code) => {
    made.behaviour.answer = error(code);
    await refused().toMatchObject({ code, message: 'Why.' });
  });

  it.each(['INTERNAL', 'FORBIDDEN', 'UNAUTHENTICATED', 'WHATEVER'])(
    'hides %s, which is between gateway and pool',
    async (code) => {
      made.behaviour.answer = error(code);
      await refused().toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  it('is UNAVAILABLE when the pool is away, and leaves nothing to renew', async () => {
    made.behaviour.isAway = true;
    await refused().toMatchObject({ code: 'UNAVAILABLE' });
    made.behaviour.isAway = false;
    await pass(30_000);
    expect(calls('RenewEventConsumers')).toEqual([]);
  });
});
