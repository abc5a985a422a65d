import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createInProcessBus, type EventBus } from './bus.ts';
import { logTopic, serialiseEvent, type LoggedEvent } from './event.ts';
import { MemoryLog } from './memory-log.fixture.ts';
import { createTail, type Tail } from './tail.ts';

const logger = silentLogger;
const topic = logTopic('ccp');
const running: Tail[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((tail) => tail.stop()));
});

function create(log: MemoryLog, bus: EventBus, pollInterval = 60_000): Tail {
  const tail = createTail({ pool: 'ccp', read: log.read, bus, logger, pollInterval });
  running.push(tail);
  return tail;
}

const collect = (tail: Tail): LoggedEvent[] => {
  const heard: LoggedEvent[] = [];
  tail.subscribe((event) => heard.push(event));
  return heard;
};

describe('a tail', () => {
  it('begins at the end of the log and uses messages as they are', async () => {
    const log = new MemoryLog();
    const bus = createInProcessBus();
    log.append();
    const tail = create(log, bus);
    expect(tail.head()).toBeUndefined();
    await tail.start();
    await delay(20);
    expect(tail.head()).toEqual({ logId: log.logId, position: 1 });
    const heard = collect(tail);
    const reads = log.reads;
    for (let n = 0; n < 3; n++) await bus.publish(topic, serialiseEvent(log.append()));
    expect(heard).toEqual(log.events.slice(1));
    expect(log.reads).toBe(reads);
  });

  it('delivers every position once and in order, whatever the bus drops, repeats or reorders', async () => {
    const fate = fc.record({
      copies: fc.integer({ min: 0, max: 2 }),
      hold: fc.boolean(),
      pause: fc.boolean(),
      garbage: fc.boolean(),
    });
    const fates = fc.array(fate, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fates, fc.nat({ max: 3 }), async (plan, latency) => {
        const log = new MemoryLog();
        log.latency = latency;
        const bus = createInProcessBus();
        const tail = create(log, bus, 20);
        await tail.start();
        const heard = collect(tail);
        let held: string[] = [];
        for (const { copies, hold, pause, garbage } of plan) {
          const message = serialiseEvent(log.append());
          for (let n = 0; n < copies; n++) {
            if (hold) held.push(message);
            else await bus.publish(topic, message);
          }
          if (garbage) await bus.publish(topic, message.slice(5));
          if (pause) {
            for (const late of held.reverse()) await bus.publish(topic, late);
            held = [];
            await delay(1);
          }
        }
        await vi.waitFor(() => {
          expect(tail.head()?.position).toBe(log.head);
        });
        await delay(latency + 5);
        expect(heard).toEqual(log.events);
        await tail.stop();
      }),
      { numRuns: 25 },
    );
  });

  it('starts before its pool and its bus can be reached, and is there once they can', async () => {
    const log = new MemoryLog();
    const inner = createInProcessBus();
    let away = true;
    const bus: EventBus = {
      ...inner,
      subscribe: (to, listener) => (away ? Promise.reject(new Error('away')) : inner.subscribe(to, listener)),
    };
    log.append();
    log.fault = new Error('away');
    const tail = create(log, bus);
    let started = false;
    const starting = tail.start().then(() => {
      started = true;
    });
    await delay(120);
    expect([started, tail.head(), tail.lastHeardAt()]).toEqual([false, undefined, undefined]);
    away = false;
    log.fault = undefined;
    await starting;
    const heard = collect(tail);
    await vi.waitFor(async () => {
      await bus.publish(topic, serialiseEvent(log.append()));
      expect(heard.length).toBeGreaterThan(0);
    });
    expect(heard).toEqual(log.events.slice(1));
  });

  it('says once that its log cannot be read, and once that it can again', async () => {
    const [warned, told] = [vi.spyOn(logger, 'warn'), vi.spyOn(logger, 'info')];
    const log = new MemoryLog();
    const tail = create(log, createInProcessBus(), 5);
    await tail.start();
    await vi.waitFor(() => {
      expect(log.reads).toBeGreaterThan(1);
    });
    log.fault = new Error('away');
    const before = log.reads;
    await vi.waitFor(() => {
      expect(log.reads).toBeGreaterThan(before + 3);
    });
    log.fault = undefined;
    await vi.waitFor(() => {
      expect(told).toHaveBeenCalled();
    });
    expect([warned.mock.calls.length, told.mock.calls.length]).toEqual([1, 1]);
  });

  it('reads what it missed when the bus is back', async () => {
    const log = new MemoryLog();
    let reconnected: () => void = () => undefined;
    const bus: EventBus = {
      ...createInProcessBus(),
      onReconnect: (listener) => {
        reconnected = listener;
        return () => undefined;
      },
    };
    const tail = create(log, bus);
    await tail.start();
    await delay(20);
    const heard = collect(tail);
    log.append();
    log.append();
    await delay(20);
    expect(heard).toEqual([]);
    reconnected();
    await vi.waitFor(() => {
      expect(heard).toEqual(log.events);
    });
  });

  it('reports a replaced log and follows the new one from its end', async () => {
    const log = new MemoryLog();
    const bus = createInProcessBus();
    for (let n = 0; n < 5; n++) log.append();
    const tail = create(log, bus);
    await tail.start();
    const heard: LoggedEvent[] = [];
    const resets: unknown[] = [];
    tail.subscribe(
      (event) => heard.push(event),
      (head) => resets.push(head),
    );
    log.replace(3);
    const replaced = log.append();
    await bus.publish(topic, serialiseEvent(replaced));
    await vi.waitFor(() => {
      expect(resets).toEqual([{ logId: log.logId, position: 4 }]);
    });
    const next = log.append();
    await bus.publish(topic, serialiseEvent(next));
    expect(heard).toEqual([next]);
  });

  it.each([2, 3])(
    'reports when the %d of 3 oldest missed events were pruned, and goes on',
    async (pruned) => {
      const log = new MemoryLog();
      const tail = create(log, createInProcessBus(), 30);
      await tail.start();
      await delay(10);
      const heard: LoggedEvent[] = [];
      const resets: unknown[] = [];
      tail.subscribe(
        (event) => heard.push(event),
        (head) => resets.push(head),
      );
      for (let n = 0; n < 3; n++) log.append();
      log.prune(pruned);
      await vi.waitFor(() => {
        expect(tail.head()?.position).toBe(3);
      });
      expect(resets).toEqual([{ logId: log.logId, position: pruned }]);
      expect(heard.map((event) => event.position)).toEqual([1, 2, 3].slice(pruned));
    },
  );

  it('is not disturbed by a failing listener, and is silent to one that has left', async () => {
    const log = new MemoryLog();
    const bus = createInProcessBus();
    const tail = create(log, bus);
    await tail.start();
    await delay(20);
    const left: LoggedEvent[] = [];
    const leave = tail.subscribe((event) => left.push(event));
    tail.subscribe(() => {
      leave();
      throw new Error('no');
    });
    const heard = collect(tail);
    for (let n = 0; n < 2; n++) await bus.publish(topic, serialiseEvent(log.append()));
    expect(heard).toEqual(log.events);
    expect(left).toEqual(log.events.slice(0, 1));
  });

  it('was last heard when a read that left nothing out was asked for, not later', async () => {
    const log = new MemoryLog();
    const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    const bus = createInProcessBus();
    const tail = createTail({ pool: 'ccp', read: log.read, bus, logger, pollInterval: 60_000, clock });
    running.push(tail);
    log.latency = 30;
    const starting = tail.start();
    const asked = clock.now();
    await delay(1);
    clock.advance(1_000);
    await starting;
    expect(tail.lastHeardAt()).toEqual(asked);
    await delay(80);
    clock.advance(1_000);
    await bus.publish(topic, serialiseEvent(log.append()));
    expect(tail.lastHeardAt()).toEqual(clock.now());
  });

  it('does nothing more once stopped', async () => {
    const log = new MemoryLog();
    const bus = createInProcessBus();
    const tail = create(log, bus, 10);
    await tail.start();
    const heard = collect(tail);
    await tail.stop();
    const reads = log.reads;
    await bus.publish(topic, serialiseEvent(log.append()));
    await delay(50);
    expect([heard, log.reads]).toEqual([[], reads]);
  });
});
