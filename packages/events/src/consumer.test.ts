import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { createInProcessBus, type EventBus } from './bus.ts';
import { createConsumer, type Consumer } from './consumer.ts';
import { moveConsumerCursor, readConsumerCursor } from './consumer-cursor.ts';
import { startEventDatabases, type EventDatabases } from './event-database.fixture.ts';
import { logTopic, serialiseEvent } from './event.ts';

let databases: EventDatabases;
let database: Database;

beforeAll(async () => {
  databases = await startEventDatabases();
  database = await databases.create('ccp');
});
afterAll(() => databases.stop());
beforeEach(() => database.execute('DELETE FROM consumer_cursor'));

const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';
const at = (position: number) => ({ logId, position });

describe('a consumer’s cursor', () => {
  const move = (from: number | undefined, to: number) =>
    moveConsumerCursor(database, 'test', from === undefined ? undefined : at(from), at(to));

  it('is not there before its first time, and then where it was moved to', async () => {
    expect(await readConsumerCursor(database, 'test')).toBeUndefined();
    expect(await move(undefined, 3)).toBe(true);
    expect(await move(3, 5)).toBe(true);
    expect(await readConsumerCursor(database, 'test')).toEqual(at(5));
    expect(await readConsumerCursor(database, 'other')).toBeUndefined();
  });

  it('is not moved by who does not know where it is', async () => {
    await move(undefined, 3);
    expect(await move(undefined, 9)).toBe(false);
    expect(await move(2, 9)).toBe(false);
    expect(
      await moveConsumerCursor(database, 'test', { ...at(3), logId: logId.replace('0', '1') }, at(9)),
    ).toBe(false);
    expect(await readConsumerCursor(database, 'test')).toEqual(at(3));
  });

  it('is moved by one of those who move it at the same time', async () => {
    await move(undefined, 0);
    const moved = await Promise.all(
      [1, 2, 3, 4].map((to) => database.transaction((tx) => moveConsumerCursor(tx, 'test', at(0), at(to)))),
    );
    expect(moved.filter(Boolean)).toHaveLength(1);
  });
});

describe('a consumer', () => {
  let bus: EventBus;
  let running: Consumer[];
  beforeEach(() => {
    bus = createInProcessBus();
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((consumer) => consumer.stop()));
    await bus.close();
  });

  function start(
    step: (goesOn: () => boolean) => Promise<boolean>,
    pollInterval = 3_600_000,
    concerns?: (type: string) => boolean,
  ): Consumer {
    const consumer = createConsumer({
      name: 'test',
      database,
      follows: 'pcp',
      bus,
      logger: silentLogger,
      pollInterval,
      concerns,
      step,
    });
    running.push(consumer);
    consumer.start();
    return consumer;
  }

  async function until(met: () => boolean): Promise<void> {
    for (let tries = 0; tries < 1_000 && !met(); tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(met()).toBe(true);
  }

  it('steps until nothing more follows, and again when the log it follows grows', async () => {
    let steps = 0;
    start(() => Promise.resolve(++steps < 3));
    await until(() => steps >= 3);
    // The subscription itself wakes it once at most: the others are the messages.
    for (let message = 1; message <= 3; message++) {
      const before = steps;
      await bus.publish(logTopic('pcp'), '');
      await until(() => steps > before);
    }
  });

  it('is woken by the events that concern it alone, and by messages that name none', async () => {
    let steps = 0;
    start(
      () => {
        steps++;
        return Promise.resolve(false);
      },
      3_600_000,
      (type) => type === 'GONE',
    );
    // The subscription wakes it too.
    await until(() => steps >= 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const event = (type: string) => ({ ...at(1), id: logId, type, occurredAt: new Date(), facts: {} });
    const before = steps;
    await bus.publish(logTopic('pcp'), serialiseEvent(event('CAME')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(steps).toBe(before);
    await bus.publish(logTopic('pcp'), serialiseEvent(event('GONE')));
    await until(() => steps === before + 1);
    await bus.publish(logTopic('pcp'), 'anything');
    await until(() => steps === before + 2);
  });

  it('looks by itself when the bus is silent', async () => {
    let steps = 0;
    start(() => Promise.resolve(++steps < 0), 10);
    await until(() => steps > 3);
  });

  it('goes on after errors', async () => {
    let steps = 0;
    start(() => {
      if (++steps < 3) throw new Error('away');
      return Promise.resolve(false);
    });
    await until(() => steps === 3);
  });

  it('steps alone, of however many there are, and another one goes on when it ends', async () => {
    let inside = 0;
    let most = 0;
    let steps = 0;
    const step = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
      steps++;
      return true;
    };
    const [first] = [start(step, 10), start(step, 10), start(step, 10)];
    await until(() => steps > 10);
    await first.stop();
    const before = steps;
    await until(() => steps > before + 5);
    expect(most).toBe(1);
  });

  it('tells a long step when it is to end', async () => {
    let begun = false;
    const consumer = start(async (goesOn) => {
      begun = true;
      while (goesOn()) await new Promise((resolve) => setTimeout(resolve, 5));
      return true;
    });
    await until(() => begun);
    await consumer.stop();
  });

  it('has ended its step, and given its connection back, when it is stopped', async () => {
    let ended = false;
    let begun = false;
    const consumer = start(async () => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = true;
      return true;
    });
    await until(() => begun);
    await consumer.stop();
    expect(ended).toBe(true);
    const locks = await database.query(
      `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database()`,
    );
    expect(locks).toEqual([]);
  });
});
