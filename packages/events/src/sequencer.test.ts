import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createInProcessBus, type EventBus } from './bus.ts';
import { logTopic, parseEvent, type LoggedEvent } from './event.ts';
import { startEventDatabases, type EventDatabases } from './event-database.fixture.ts';
import { renewLog } from './incarnation.ts';
import { readEvent, readHead, readLog } from './log.ts';
import { appendEvent } from './outbox.ts';
import { replayThenLive } from './replay.ts';
import { createSequencer, type Sequencer } from './sequencer.ts';
import { createTail, type ReadLog } from './tail.ts';

const logger = silentLogger;
let databases: EventDatabases;
let schemas = 0;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  databases = await startEventDatabases();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

afterAll(async () => {
  await databases.stop();
});

const create = (): Promise<Database> => databases.create(`pool_${'abcdefghijklm'.charAt(schemas++)}`);

function sequence(database: Database, bus: EventBus, pollInterval = 10_000): Sequencer {
  const sequencer = createSequencer({ database, pool: 'ccp', bus, logger, pollInterval });
  sequencer.start();
  running.push(sequencer);
  return sequencer;
}

const appendOne = (database: Database, type = 'TESTED', id?: string): Promise<string> =>
  database.transaction((tx) =>
    appendEvent(tx, { type, occurredAt: new Date(), facts: {}, ...(id !== undefined && { id }) }),
  );

async function wholeLog(database: Database): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (;;) {
    const page = await readLog(database, { after: events.at(-1)?.position ?? 0, first: 300 });
    events.push(...page.events);
    if (page.events.length === 0) return events;
  }
}

async function logged(database: Database, count: number): Promise<LoggedEvent[]> {
  await vi.waitFor(async () => {
    expect((await readHead(database)).position).toBe(count);
  }, 10_000);
  return await wholeLog(database);
}

describe('the log of many writers', () => {
  const subjects = 5;

  /** Eight writers change subjects, some slowly, some in vain; returns the ids of the events they committed. */
  async function write(database: Database, wake: () => void, each: number): Promise<string[]> {
    await database.execute('CREATE TABLE subject (id int PRIMARY KEY, version int NOT NULL)');
    await database.execute('INSERT INTO subject SELECT s, 0 FROM generate_series(1, $1) s', [subjects]);
    const committed: string[] = [];
    const writer = async (): Promise<void> => {
      for (let n = 0; n < each; n++) {
        const subject = 1 + Math.floor(Math.random() * subjects);
        const fate = Math.random();
        const ids = await database
          .transaction(async (tx) => {
            tx.afterCommit(wake);
            const [row] = await tx.query<{ version: number }>(
              'UPDATE subject SET version = version + 1 WHERE id = $1 RETURNING version',
              [subject],
            );
            const facts = { subject, version: row?.version ?? 0 };
            const made = [await appendEvent(tx, { type: 'CHANGED', occurredAt: new Date(), facts })];
            if (fate < 0.1) await delay(Math.random() * 40);
            if (fate > 0.8) throw new Error('in vain');
            if (fate > 0.6) made.push(await appendEvent(tx, { type: 'SEEN', occurredAt: new Date(), facts }));
            return made;
          })
          .catch((error: unknown) => {
            if (error instanceof Error && error.message === 'in vain') return [];
            throw error;
          });
        committed.push(...ids);
      }
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    return committed;
  }

  function expectRightLog(log: readonly LoggedEvent[], committed: readonly string[]): void {
    expect(log.map((event) => event.position)).toEqual(log.map((_, index) => index + 1));
    expect(log.map((event) => event.id).toSorted()).toEqual(committed.toSorted());
    for (let subject = 1; subject <= subjects; subject++) {
      const changes = log.filter((event) => event.type === 'CHANGED' && event.facts['subject'] === subject);
      expect(changes.map((event) => event.facts['version'])).toEqual(changes.map((_, index) => index + 1));
    }
  }

  it('has every committed event once, no other, without a gap, each subject in the order of its commits', async () => {
    const database = await create();
    const bus = createInProcessBus();
    const heard: LoggedEvent[] = [];
    await bus.subscribe(logTopic('ccp'), (message) => {
      const event = parseEvent(message);
      if (event !== undefined) heard.push(event);
    });
    // A transaction that stays open from before the first to after the last.
    const client = await database.pool.connect();
    await client.query('BEGIN');
    const tx = { execute: (sql: string, params: readonly unknown[] = []) => client.query(sql, [...params]) };
    const late = await appendEvent(tx, { type: 'LATE', occurredAt: new Date(), facts: {} });

    let committed: string[];
    let before: LoggedEvent[];
    try {
      const sequencers = [
        sequence(database, bus, 50),
        sequence(database, bus, 50),
        sequence(database, bus, 50),
      ];
      let turn = 0;
      committed = await write(database, () => sequencers[turn++ % 3]?.wake(), 40);
      before = await logged(database, committed.length);
      expectRightLog(before, committed);
      await client.query('COMMIT');
    } finally {
      client.release(true);
    }
    const after = await logged(database, committed.length + 1);
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toMatchObject({ id: late, type: 'LATE' });
    await vi.waitFor(() => {
      expect(heard.toSorted((a, b) => a.position - b.position)).toEqual(after);
    });
    expect(await database.query('SELECT FROM outbox')).toEqual([]);
  });

  it('is followed by subscribers that replay and join at any moment, while connections are cut', async () => {
    const database = await create();
    const bus = createInProcessBus();
    const cuttable = databases.reopen(database.schema, 'cuttable');
    const sequencer = sequence(cuttable, bus, 50);
    const read: ReadLog = (after, first) => readLog(cuttable, { after, first });
    const tail = createTail({ pool: 'ccp', read, bus, logger, pollInterval: 100 });
    running.push(tail);
    await tail.start();

    const seen: LoggedEvent[][] = [];
    let cutting = true;
    const follow = async (into: LoggedEvent[]): Promise<void> => {
      const events = replayThenLive(tail, read, { after: 0, bufferLimit: 20 });
      for await (const event of events) {
        into.push(event);
        if (event.type === 'LAST') return;
        if (Math.random() < 0.02) await delay(20);
      }
    };
    const followers: Promise<void>[] = [];
    let cut = 0;
    const joinAndCut = async (): Promise<void> => {
      while (cutting) {
        const into: LoggedEvent[] = [];
        seen.push(into);
        followers.push(follow(into));
        // The sequencer's and the readers' connections, in the midst of whatever they do.
        const ended = await database.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cuttable'",
        );
        cut += ended.length;
        await delay(60);
      }
    };
    const joining = joinAndCut();
    const committed = await write(database, sequencer.wake, 30);
    cutting = false;
    await joining;
    committed.push(await appendOne(database, 'LAST'));
    sequencer.wake();
    await Promise.all(followers);
    const log = await logged(database, committed.length);
    expectRightLog(log, committed);
    expect([cut > 2, seen.length > 2]).toEqual([true, true]);
    for (const events of seen) expect(events).toEqual(log);
  });
});

describe('a sequencer', () => {
  it('moves what was committed before it started, in batches, and reads it back as it was', async () => {
    const database = await create();
    await database.execute(
      `INSERT INTO outbox (event_id, type, occurred_at, facts)
       SELECT gen_random_uuid(), 'MANY', now(), jsonb_build_object('n', n) FROM generate_series(1, 1100) n`,
    );
    const occurredAt = new Date('2026-01-02T03:04:05.678Z');
    const facts = {
      emaid: 'DE8AA1A2B3C4D59',
      list: [1, 'two', null, { deep: true }],
      text: 'ü “quoted” \\u0000',
    };
    const id = await database.transaction((tx) => appendEvent(tx, { type: 'LAST', occurredAt, facts }));
    sequence(database, createInProcessBus());
    const log = await logged(database, 1101);
    expect(log.slice(0, 1100).map((event) => event.facts['n'])).toEqual(
      Array.from({ length: 1100 }, (_, index) => index + 1),
    );
    const { logId } = await readHead(database);
    expect(log[1100]).toEqual({ logId, position: 1101, id, type: 'LAST', occurredAt, facts });
    expect(await readEvent(database, 1101)).toEqual(log[1100]);
    expect(await readEvent(database, 1102)).toBeUndefined();
  });

  it('is woken by the bus', async () => {
    const database = await create();
    const bus = createInProcessBus();
    sequence(database, bus, 60_000);
    await delay(50);
    await appendOne(database);
    await bus.publish('wake:ccp', '');
    await logged(database, 1);
  });

  it('finds by itself what nobody woke it for', async () => {
    const database = await create();
    sequence(database, createInProcessBus(), 50);
    await delay(50);
    await appendOne(database);
    await logged(database, 1);
  });

  it('logs an event id that is appended again only once, and goes on', async () => {
    const database = await create();
    const sequencer = sequence(database, createInProcessBus());
    const id = randomUUID();
    await appendOne(database, 'FIRST', id);
    await appendOne(database, 'AGAIN', id.toUpperCase());
    sequencer.wake();
    await logged(database, 1);
    await appendOne(database, 'AGAIN', id);
    const other = await appendOne(database, 'OTHER');
    sequencer.wake();
    const log = await logged(database, 2);
    expect(log.map((event) => [event.id, event.type])).toEqual([
      [id, 'FIRST'],
      [other, 'OTHER'],
    ]);
  });

  it('keeps logging while the bus is away', async () => {
    const database = await create();
    const away = (): Promise<never> => Promise.reject(new Error('away'));
    const bus: EventBus = { publish: away, subscribe: away, close: () => Promise.resolve() };
    const sequencer = sequence(database, bus);
    await appendOne(database);
    sequencer.wake();
    await logged(database, 1);
  });

  it('goes on by itself when the database can be used again', async () => {
    const database = await create();
    await database.execute('ALTER TABLE log RENAME TO log_away');
    await appendOne(database);
    const sequencer = sequence(database, createInProcessBus(), 50);
    await delay(100);
    await database.execute('ALTER TABLE log_away RENAME TO log');
    sequencer.wake();
    await logged(database, 1);
  });

  it('gives the log a new id when the database is another incarnation, and keeps it otherwise', async () => {
    const database = await create();
    const first = await readHead(database);
    await appendOne(database);
    sequence(database, createInProcessBus(), 50);
    await logged(database, 1);
    expect(await readHead(database)).toEqual({ logId: first.logId, position: 1, oldest: 1 });
    await database.execute("UPDATE log_head SET incarnation = 'another cluster/00000001'");
    await vi.waitFor(async () => {
      expect((await readHead(database)).logId).not.toBe(first.logId);
    }, 5_000);
    const renewed = await readHead(database);
    await appendOne(database);
    expect((await logged(database, 2)).map((event) => [event.logId, event.position])).toEqual([
      [renewed.logId, 1],
      [renewed.logId, 2],
    ]);
  });
});

describe('a log whose database is put back', () => {
  /** A log with one event that has found out which incarnation it is. */
  async function settled(): Promise<{ database: Database; logId: string }> {
    const database = await create();
    await appendOne(database);
    const sequencer = sequence(database, createInProcessBus(), 50);
    await logged(database, 1);
    await sequencer.stop();
    return { database, logId: (await readHead(database)).logId };
  }

  it('gets a new id when its tables were loaded from a dump, even into the same database', async () => {
    const { database, logId } = await settled();
    // What pg_restore --clean does.
    await database.transaction(async (tx) => {
      const [kept] = await tx.query<{ log_id: string; position: string; incarnation: string }>(
        'SELECT * FROM log_head',
      );
      await tx.execute('ALTER TABLE log_head RENAME TO gone');
      await tx.execute('CREATE TABLE log_head (LIKE gone INCLUDING ALL)');
      await tx.execute('DROP TABLE gone');
      await tx.execute('INSERT INTO log_head (log_id, position, incarnation) VALUES ($1, $2, $3)', [
        kept?.log_id,
        kept?.position,
        kept?.incarnation,
      ]);
    });
    expect((await readHead(database)).logId).toBe(logId);
    sequence(database, createInProcessBus(), 50);
    await vi.waitFor(async () => {
      expect((await readHead(database)).logId).not.toBe(logId);
    }, 5_000);
  });

  it('gets a new id from renewLog, and keeps it from then on', async () => {
    const { database, logId } = await settled();
    const renewed = await renewLog(database);
    expect(renewed).not.toBe(logId);
    sequence(database, createInProcessBus(), 20);
    await appendOne(database);
    expect((await logged(database, 2)).map((event) => event.logId)).toEqual([renewed, renewed]);
  });
});

describe('the event log', () => {
  it('refuses changes, and tells how far back it is kept', async () => {
    const database = await create();
    expect(await readHead(database)).toMatchObject({ position: 0, oldest: 1 });
    sequence(database, createInProcessBus(), 20);
    for (let n = 0; n < 3; n++) await appendOne(database);
    await logged(database, 3);
    await expect(database.execute("UPDATE log SET type = 'OTHER'")).rejects.toThrow('never changed');
    await database.execute('DELETE FROM log WHERE position <= 2');
    expect(await readHead(database)).toMatchObject({ position: 3, oldest: 3 });
    await database.execute('DELETE FROM log');
    expect(await readHead(database)).toMatchObject({ position: 3, oldest: 4 });
    expect(await readLog(database, { after: 1, first: 10 })).toMatchObject({ events: [], head: 3 });
  });

  it('is read in pages of 1 to 1,000', async () => {
    const database = await create();
    for (const first of [0, 1001, 1.5]) {
      await expect(readLog(database, { after: 0, first })).rejects.toThrow(RangeError);
    }
  });
});
