import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '@chargegraph/database';
import { startEventDatabases, type EventDatabases } from './event-database.fixture.ts';
import { createPoolLog, type PoolEvent, type PoolLog } from './pool-log.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 1, hour));

let databases: EventDatabases;
let database: Database;
let log: PoolLog<PoolEvent<string, unknown>>;

beforeAll(async () => {
  databases = await startEventDatabases();
  database = await databases.create('ccp');
  log = createPoolLog(database, 'ccp');
  // The third occurred before the second: its transaction took longer.
  for (const [index, hour] of [1, 3, 2, 4, 5].entries()) {
    await database.execute(
      `INSERT INTO log (position, event_id, type, occurred_at, logged_at, facts)
       VALUES ($1, gen_random_uuid(), $2, $3, now(), '{}')`,
      [index + 1, `E${String(hour)}`, at(hour)],
    );
  }
  await database.execute('UPDATE log_head SET position = 5');
});
afterAll(() => databases.stop());

const types = async (request: Partial<Parameters<typeof log.read>[0]>) =>
  (await log.read({ first: 10, ...request })).events.map(({ type }) => type);

describe('a window of the log', () => {
  it('holds what occurred from its beginning on and before its end, in the order of the log', async () => {
    expect(await types({ from: at(2), until: at(4) })).toEqual(['E3', 'E2']);
    expect(await types({ from: at(4) })).toEqual(['E4', 'E5']);
    expect(await types({ until: at(2) })).toEqual(['E1']);
    expect(await types({ from: null, until: null })).toHaveLength(5);
    expect(await types({ from: at(6) })).toEqual([]);
  });

  it('is read page by page with cursors, and ends with the log', async () => {
    const window = { from: at(2), until: at(5) };
    const page = await log.read({ first: 2, ...window });
    expect(page.events.map(({ type }) => type)).toEqual(['E3', 'E2']);
    expect(await types({ ...window, after: page.events.at(-1)?.cursor })).toEqual(['E4']);
    expect(page.head).toBe((await log.read({ first: 1 })).head);
  });

  it('is refused when it ends before it begins, naming the end', async () => {
    for (const until of [at(1), at(2)]) {
      await expect(log.read({ first: 1, from: at(2), until })).rejects.toMatchObject({
        code: 'BAD_INPUT',
        message: '`until` must lie after `from`.',
      });
    }
  });

  it('says nothing of how far a reader has carried out what follows', async () => {
    const { events } = await log.read({ first: 5 });
    const after = events.at(-1)?.cursor;
    const noted = () => database.query('SELECT name FROM log_reader');
    await log.read({ first: 1, after, from: at(1), reader: 'pcp' });
    expect(await noted()).toEqual([]);
    await log.read({ first: 1, after, reader: 'pcp' });
    expect(await noted()).toEqual([{ name: 'pcp' }]);
  });
});
