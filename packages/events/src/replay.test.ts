import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createInProcessBus, type EventBus } from './bus.ts';
import { logTopic, serialiseEvent, type LoggedEvent, type LogPage } from './event.ts';
import { MemoryLog } from './memory-log.fixture.ts';
import { replayThenLive } from './replay.ts';
import { createTail, type ReadLog, type Tail } from './tail.ts';

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

/** One whose tail looks at the log only when it hears something. */
const quiet = (events: number) => create(events, 60_000);

async function create(events: number, pollInterval = 20, remembered = 5_000): Promise<Setting> {
  const log = new MemoryLog();
  for (let n = 0; n < events; n++) log.append();
  const bus = createInProcessBus();
  const read = log.read;
  const tail = createTail({ pool: 'ccp', read, bus, logger: silentLogger, pollInterval, remembered });
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

  it('passes over what is not wanted, in the log and live, and has moved on behind it', async () => {
    const { log, tail, add } = await quiet(10);
    const wants = ({ position }: LoggedEvent) => position % 4 === 0;
    const events = replayThenLive(tail, log.read, { after: 0, heartbeat: 60_000, wants });
    const positions: (number | string)[] = [];
    const next = async () => {
      const { value } = await events.next();
      if (value !== undefined) positions.push('marker' in value ? value.marker : value.position);
      return value?.position;
    };
    await next();
    await next();
    expect(await next()).toBe(10);
    const reads = log.reads;
    const waiting = next();
    for (let n = 11; n <= 25; n++) await add();
    await waiting;
    for (let event = events.takeNow(); event !== undefined; event = events.takeNow()) {
      positions.push(event.position);
    }
    expect(positions).toEqual([4, 8, 'CAUGHT_UP', 12, 16, 20, 24]);
    expect(log.reads).toBe(reads);
    await events.return?.();
    const quietly = replayThenLive(tail, log.read, { after: 25, heartbeat: 30, wants });
    await quietly.next();
    const heartbeat = quietly.next();
    await add();
    await add();
    expect(await heartbeat).toMatchObject({ value: { marker: 'HEARTBEAT', position: 27 } });
    await quietly.return?.();
  });

  it('gives at once only what is there, and nothing while somebody waits or when it has ended', async () => {
    const { log, tail, add } = await quiet(0);
    const events = replayThenLive(tail, log.read, { after: 0 });
    expect(events.takeNow()).toBeUndefined();
    const first = events.next();
    for (let n = 0; n < 3; n++) await add();
    expect(await first).toMatchObject({ value: { position: 1 } });
    const waiting = events.next();
    expect(events.takeNow()).toBeUndefined();
    expect(await waiting).toMatchObject({ value: { position: 2 } });
    expect(events.takeNow()).toMatchObject({ position: 3 });
    expect(events.takeNow()).toBeUndefined();
    await add();
    await events.return?.();
    expect(events.takeNow()).toBeUndefined();
  });

  it('begins now when no position is given', async () => {
    const { log, tail, add } = await create(5);
    const events = replayThenLive(tail, log.read);
    await add();
    expect(await take(events, 1)).toEqual([6]);
    await events.return?.();
  });

  it('asks nothing of the pool for what the tail still has in memory, and the rest of what it has not', async () => {
    const { log, tail, add } = await create(3, 60_000, 300);
    for (let n = 4; n <= 500; n++) await add();
    const reads = log.reads;
    const recent = replayThenLive(tail, log.read, { after: 250, logId: log.logId, heartbeat: 60_000 });
    const told: (number | string)[] = [];
    while (told.at(-1) !== 'CAUGHT_UP') {
      const { value } = await recent.next();
      if (value !== undefined) told.push('marker' in value ? value.marker : value.position);
    }
    expect(told).toEqual([...upTo(251, 500), 'CAUGHT_UP']);
    expect(log.reads).toBe(reads);
    const older = replayThenLive(tail, log.read, { after: 150, logId: log.logId });
    expect(await take(older, 350)).toEqual(upTo(151, 500));
    expect(log.reads).toBe(reads + 1);
    await recent.return?.();
    await older.return?.();
  });

  it('has caught up no sooner than it is where the log is known to end, whatever the tail has heard', async () => {
    const { log, tail } = await quiet(3);
    log.append();
    log.append();
    const place = { after: 3, logId: log.logId, heartbeat: 60_000 };
    const unknowing = replayThenLive(tail, log.read, place);
    expect(await unknowing.next()).toMatchObject({ value: { marker: 'CAUGHT_UP', position: 3 } });
    const knowing = replayThenLive(tail, log.read, { ...place, logged: 5 });
    expect((await knowing.next()).value).toMatchObject({ position: 4 });
    expect((await knowing.next()).value).toMatchObject({ position: 5 });
    expect(await knowing.next()).toMatchObject({ value: { marker: 'CAUGHT_UP', position: 5 } });
    await unknowing.return?.();
    await knowing.return?.();
  });

  it('has no gap, repetition or disorder while events are appended, for any buffer, memory, latency and consumer, and answers that are old', async () => {
    const settings = fc.record({
      remembered: fc.constantFrom(0, 3, 20, 5_000),
      old: fc.boolean(),
      before: fc.integer({ min: 0, max: 250 }),
      bufferLimit: fc.integer({ min: 1, max: 8 }),
      latency: fc.integer({ min: 0, max: 3 }),
      rests: fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 60, maxLength: 60 }),
      lags: fc.array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 4), { minLength: 10, maxLength: 10 }),
      lost: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ before, bufferLimit, latency, rests, lags, lost, ...setting }) => {
        const { log, tail, bus } = await create(before, 20, setting.remembered);
        log.latency = latency;
        let known: LogPage | undefined;
        const read: ReadLog = async (after, first) => {
          const still = known?.events.filter(({ position }) => position > after) ?? [];
          if (setting.old && known !== undefined && still.length > 0) return { ...known, events: still };
          return (known = await log.read(after, first));
        };
        const events = replayThenLive(tail, read, { after: 0, bufferLimit });
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
      { numRuns: 20 },
    );
  });

  it('tells markers when it is asked to: caught up once, and a heartbeat after each quiet time', async () => {
    const { log, tail, add } = await create(3);
    const events = replayThenLive(tail, log.read, { after: 0, heartbeat: 15 });
    const told: (number | string)[] = [];
    const hear = async (count: number) => {
      while (told.length < count) {
        const { value } = await events.next();
        if (value === undefined) break;
        told.push('marker' in value ? `${value.marker} ${String(value.position)}` : value.position);
      }
    };
    await hear(4);
    expect(told).toEqual([1, 2, 3, 'CAUGHT_UP 3']);
    await hear(6);
    expect(told.slice(4)).toEqual(['HEARTBEAT 3', 'HEARTBEAT 3']);
    await add();
    await hear(8);
    expect(told.slice(6)).toEqual([4, 'HEARTBEAT 4']);
    await events.return?.();
  });

  it('keeps no more live events for one who does not read than the limit, and loses none', async () => {
    const { log, tail, add } = await create(1, 20, 0);
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

  it('goes on in the log that its position is of, although the tail does not know yet that the log was replaced', async () => {
    const { log, tail } = await quiet(5);
    log.replace(3);
    log.append();
    const events = replayThenLive(tail, log.read, { after: 3, logId: log.logId });
    expect(await take(events, 1)).toEqual([4]);
    await events.return?.();
  });

  it('does not take a place in a replaced log for one in the log that replaced it', async () => {
    const { log, tail, add } = await create(5);
    const { logId } = log;
    log.replace(3);
    await add();
    await add();
    await vi.waitFor(() => {
      expect(tail.head()).toEqual({ logId: log.logId, position: 5 });
    });
    // Confirmed just before the log was replaced.
    const events = replayThenLive(tail, log.read, { after: 5, logId });
    const next = events.next();
    next.catch(() => undefined);
    await add();
    await expect(next).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});
