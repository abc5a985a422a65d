import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { moveConsumerCursor } from './consumer-cursor.ts';
import { encodeCursor } from './cursor.ts';
import { startEventDatabases, type EventDatabases } from './event-database.fixture.ts';
import { createPoolLog } from './pool-log.ts';
import { createRetention, pruneLog } from './retention.ts';

const day = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * day);

let databases: EventDatabases;
let database: Database;
let logId: string;

beforeAll(async () => {
  databases = await startEventDatabases();
  database = await databases.create('ccp');
  const [head] = await database.query<{ log_id: string }>('SELECT log_id FROM log_head');
  logId = head?.log_id ?? '';
});
afterAll(() => databases.stop());
beforeEach(async () => {
  await database.execute('DELETE FROM log');
  await database.execute('DELETE FROM log_reader');
  await database.execute('DELETE FROM consumer_cursor');
});

/** A log whose events were logged so many days ago, the first at position 1. */
async function logged(...days: readonly number[]): Promise<void> {
  for (const [index, ago] of days.entries()) {
    await database.execute(
      `INSERT INTO log (position, event_id, type, occurred_at, logged_at, facts)
       VALUES ($1, gen_random_uuid(), 'TEST', $2, $2, '{}')`,
      [index + 1, daysAgo(ago)],
    );
  }
  await database.execute('UPDATE log_head SET position = $1', [days.length]);
}
const kept = async () =>
  (await database.query<{ position: string }>('SELECT position FROM log ORDER BY position')).map(
    ({ position }) => Number(position),
  );
const cursorAt = (position: number, of = logId) => encodeCursor({ pool: 'ccp', logId: of, position });
const readAs = (reader: string | undefined, position: number) =>
  createPoolLog(database, 'ccp').read({ after: cursorAt(position), first: 1, reader });
const prune = (batchSize?: number) =>
  pruneLog(database, { keepFor: 30 * day, ...(batchSize !== undefined && { batchSize }) });

describe('pruning a log', () => {
  it('deletes what is old, in batches, and nothing else', async () => {
    await logged(50, 45, 40, 35, 31, 29, 1);
    expect(await prune(2)).toEqual({ deleted: 5, heldBackBy: [] });
    expect(await kept()).toEqual([6, 7]);
    expect(await prune(2)).toEqual({ deleted: 0, heldBackBy: [] });
  });

  it('deletes all of a log that is old, and then nothing', async () => {
    await logged(50, 45);
    expect((await prune()).deleted).toBe(2);
    expect(await kept()).toEqual([]);
    expect((await prune()).deleted).toBe(0);
  });

  it('leaves no gap where the clock was set back while events were logged', async () => {
    await logged(50, 20, 45, 40);
    expect((await prune()).deleted).toBe(1);
    expect(await kept()).toEqual([2, 3, 4]);
  });

  it('never passes what a reader has not read, however old, and says who that is', async () => {
    await logged(50, 49, 48, 47, 46, 1);
    await readAs('cps', 3);
    await readAs('pcp', 5);
    expect(await prune()).toEqual({ deleted: 3, heldBackBy: ['cps'] });
    expect(await kept()).toEqual([4, 5, 6]);
    await readAs('cps', 4);
    expect(await prune()).toEqual({ deleted: 1, heldBackBy: ['cps'] });
    await readAs('cps', 6);
    expect(await prune()).toEqual({ deleted: 1, heldBackBy: [] });
    expect(await kept()).toEqual([6]);
  });

  it('keeps for a reader that was put back to an earlier time what it needs again', async () => {
    await logged(50, 49, 48, 1);
    await readAs('ccp', 3);
    await readAs('ccp', 1);
    expect(await prune()).toEqual({ deleted: 1, heldBackBy: ['ccp'] });
    expect(await kept()).toEqual([2, 3, 4]);
  });

  it('never passes what a consumer of the pool’s own log has not carried out, and looks at no other log’s', async () => {
    await logged(50, 49, 48, 1);
    await moveConsumerCursor(database, 'queued', undefined, { logId, position: 2 });
    await moveConsumerCursor(database, 'cascade', undefined, { logId: randomUUID(), position: 1 });
    expect(await prune()).toEqual({ deleted: 2, heldBackBy: ['queued'] });
    expect(await kept()).toEqual([3, 4]);
    await moveConsumerCursor(database, 'queued', { logId, position: 2 }, { logId, position: 4 });
    expect(await prune()).toEqual({ deleted: 1, heldBackBy: [] });
  });

  it('keeps nothing for readers of a log that was replaced, nor for whoever reads without a name', async () => {
    await logged(50, 49, 1);
    await readAs(undefined, 1);
    await database.execute(
      "INSERT INTO log_reader (name, log_id, position, read_at) VALUES ('cps', gen_random_uuid(), 0, now())",
    );
    expect(await prune()).toEqual({ deleted: 2, heldBackBy: [] });
  });

  it('ends between two batches when it is told to', async () => {
    await logged(50, 49, 48, 47);
    let batches = 0;
    const mayGoOn = () => Promise.resolve(batches++ < 1);
    expect(await pruneLog(database, { keepFor: 30 * day, batchSize: 2, mayGoOn })).toMatchObject({
      deleted: 2,
    });
    expect(await kept()).toEqual([3, 4]);
  });
});

describe('retention', () => {
  const start = (days: number) => {
    const retention = createRetention({ database, days, logger: silentLogger });
    retention.start();
    return retention;
  };

  it('prunes what is older than its days as it starts', async () => {
    await logged(31, 30.5, 29);
    const retention = start(30);
    await vi.waitFor(async () => {
      expect(await kept()).toEqual([3]);
    });
    await retention.stop();
  });

  it('of 0 days keeps everything for ever, while one of many days beside it does not', async () => {
    await logged(3_000, 1);
    const never = start(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await kept()).toEqual([1, 2]);
    await never.stop();
    const other = start(2_000);
    await vi.waitFor(async () => {
      expect(await kept()).toEqual([2]);
    });
    await other.stop();
  });
});
