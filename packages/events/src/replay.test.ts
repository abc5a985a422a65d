import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createInProcessBus, type EventBus } from './bus.ts';
import { logTopic, serialiseEvent, type LoggedEvent } from './event.ts';
import { MemoryLog } from './memory-log.fixture.ts';
import { replayThenLive } from './replay.ts';
import { createTail, type Tail } from './tail.ts';

const topic = logTopic('ccp');
const running: Tail[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((tail) => tail.stop()));
});

interface Setting {
  readonly log: MemoryLog;
  readonly bus: EventBus;
  readonly tail: Tail;
  /** Appends an event and publishes it. */
  readonly add: () => Promise<void>;
}

async function create(events: number): Promise<Setting> {
  const log = new MemoryLog();
  for (let n = 0; n < events; n++) log.append();
  const bus = createInProcessBus();
  const read = log.read;
  const tail = createTail({ pool: 'ccp', read, bus, logger: silentLogger, pollInterval: 20 });
  running.push(tail);
  await tail.start();
  return { log, bus, tail, add: () => bus.publish(topic, serialiseEvent(log.append())) };
}

async function take(events: AsyncIterator<LoggedEvent, undefined>, count: number): Promise<number[]> {
  const positions: number[] = [];
  while (positions.length < count) {
    const result = await events.next();
    if (result.done === true) break;
    positions.push(result.value.position);
  }
  return positions;
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('replay, then live', () => {
  it('tells the log from a position and then what comes', async () => {
    const { log, tail, add } = await create(450);
    const events = replayThenLive(tail, log.read, { after: 10 });
    expect(await take(events, 440)).toEqual(upTo(11, 450));
    const next = take(events, 2);
    await add();
    await add();
    expect(await next).toEqual([451, 452]);
    await events.return?.();
  });

  it('begins now when no position is given', async () => {
    const { log, tail, add } = await create(5);
    const events = replayThenLive(tail, log.read);
    await add();
    expect(await take(events, 1)).toEqual([6]);
    await events.return?.();
  });

  it('has no gap, repetition or disorder while events are appended, for any buffer, latency and consumer', async () => {
    const settings = fc.record({
      before: fc.integer({ min: 0, max: 250 }),
      bufferLimit: fc.integer({ min: 1, max: 8 }),
      latency: fc.integer({ min: 0, max: 3 }),
      rests: fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 60, maxLength: 60 }),
      lags: fc.array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 4), { minLength: 10, maxLength: 10 }),
      lost: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ before, bufferLimit, latency, rests, lags, lost }) => {
        const { log, tail, bus } = await create(before);
        log.latency = latency;
        const events = replayThenLive(tail, log.read, { after: 0, bufferLimit });
        const consuming = (async () => {
          const positions: number[] = [];
          for await (const event of events) {
            positions.push(event.position);
            const lag = lags[event.position % lags.length] ?? 0;
            if (lag > 0 && event.position > before - 20) await delay(lag);
            if (event.position === before + rests.length) break;
          }
          return positions;
        })();
        for (const [index, rest] of rests.entries()) {
          const message = serialiseEvent(log.append());
          if (lost[index] !== true) await bus.publish(topic, message);
          if (rest > 0) await delay(rest);
        }
        expect(await consuming).toEqual(upTo(1, before + rests.length));
        await tail.stop();
      }),
      { numRuns: 15 },
    );
  });

  it('keeps no more live events for one who does not read than the limit, and loses none', async () => {
    const { log, tail, add } = await create(1);
    const events = replayThenLive(tail, log.read, { after: 0, bufferLimit: 10 });
    expect(await take(events, 1)).toEqual([1]);
    const reads = log.reads;
    for (let n = 0; n < 700; n++) await add();
    expect(await take(events, 700)).toEqual(upTo(2, 701));
    // It went back to the log, page by page.
    expect(log.reads).toBeGreaterThanOrEqual(reads + 4);
    await events.return?.();
  });

  it('ends at once when it is returned from while waiting, and leaves the tail', async () => {
    const log = new MemoryLog();
    let subscribed = 0;
    const tail = {
      head: () => ({ logId: log.logId, position: 0 }),
      subscribe: () => {
        subscribed++;
        return () => {
          subscribed--;
        };
      },
    } as unknown as Tail;
    const events = replayThenLive(tail, log.read);
    const waiting = events.next();
    await delay(5);
    expect(subscribed).toBe(1);
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(subscribed).toBe(0);
  });

  it('begins with the oldest event kept when it is to begin at the beginning', async () => {
    const { log, tail, add } = await create(30);
    log.prune(12);
    const events = replayThenLive(tail, log.read, { after: 0 });
    expect(await take(events, 18)).toEqual(upTo(13, 30));
    await events.return?.();
    log.prune(30);
    const empty = replayThenLive(tail, log.read, { after: 0 });
    const next = take(empty, 1);
    await delay(10);
    await add();
    expect(await next).toEqual([31]);
    await empty.return?.();
  });

  it.each([12, 30])('refuses to go on when the log was pruned to %d, past its place', async (pruned) => {
    const { log, tail } = await create(30);
    log.prune(pruned);
    const events = replayThenLive(tail, log.read, { after: 5 });
    await expect(events.next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('refuses to go on when the log was replaced, while it waits and while it reads', async () => {
    const { log, tail } = await create(3);
    const waiting = replayThenLive(tail, log.read).next();
    await delay(5);
    log.replace(3);
    await expect(waiting).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    const begun = replayThenLive(tail, log.read, { after: 1 });
    log.replace(3);
    await expect(begun.next()).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it('waits out a log that cannot be read for a while, but not a refusal', async () => {
    const { log, tail } = await create(3);
    log.fault = new Error('restarting');
    const events = replayThenLive(tail, log.read, { after: 0 });
    const taking = take(events, 3);
    await delay(100);
    log.fault = undefined;
    expect(await taking).toEqual([1, 2, 3]);
    await events.return?.();
    log.fault = new ChargeGraphError('FORBIDDEN', 'No.');
    await expect(replayThenLive(tail, log.read, { after: 0 }).next()).rejects.toThrow('No.');
  });

  it('cannot begin now before the tail knows where now is', () => {
    const log = new MemoryLog();
    const bus = createInProcessBus();
    const tail = createTail({ pool: 'ccp', read: log.read, bus, logger: silentLogger });
    expect(() => replayThenLive(tail, log.read)).toThrow('cannot be read at present');
  });
});
