import type { Database } from '@chargegraph/database';
import { ManualClock, silentLogger, type Logger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCleansing } from './cleansing.ts';
import { meansOf, startCleansingDatabase } from './cleansing.fixture.ts';
import { createCleansingJob } from './job.ts';
import { readSchedule } from './schedule.ts';

const start = new Date('2026-11-10T12:00:00.000Z');
const minute = 60_000;
const clock = new ManualClock(start);
let database: Database;
let stopDatabase: () => Promise<void>;

beforeAll(async () => {
  ({ database, stop: stopDatabase } = await startCleansingDatabase());
});
afterAll(() => stopDatabase());
beforeEach(async () => {
  clock.set(start);
  await database.execute('UPDATE cleansing SET last_run_at = NULL');
});

interface Ran {
  readonly at: Date;
  readonly by: string;
}

/** A process of the pool that cleanses every night at two o'clock, and writes down when it did. */
function process(by: string, ran: Ran[], options: { random?: number; fails?: () => boolean } = {}) {
  const logged: unknown[] = [];
  const logger = { ...silentLogger, child: () => logger, info: (...given: unknown[]) => logged.push(given) };
  const cleansing = createCleansing({
    ...meansOf(database, clock),
    pool: 'ccp',
    steps: [
      async () => {
        if (options.fails?.() === true) throw new Error('The database is away.');
        ran.push({ at: clock.now(), by });
        await Promise.resolve();
      },
    ],
  });
  const schedule = readSchedule('0 2 * * *');
  if (schedule === undefined) throw new Error('There is no schedule.');
  const job = createCleansingJob({
    ...{ cleansing, schedule, database, clock },
    logger: logger as unknown as Logger,
    random: () => options.random ?? 0,
  });
  return { ...job, logged };
}

/** Has jobs look at the clock, and waits until they have. */
async function at(time: string, ...jobs: { wake: () => void }[]): Promise<void> {
  clock.set(new Date(time));
  for (const { wake } of jobs) wake();
  await settled();
}

/** Until nobody asks the database any more. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { idleCount, totalCount, waitingCount } = database.pool;
    quiet = idleCount === totalCount && waitingCount === 0 ? quiet + 1 : 0;
  }
}

describe('the job', () => {
  it('runs once a night, as long after its time as chance has it, and logs its report', async () => {
    const ran: Ran[] = [];
    const job = process('a', ran, { random: 0.5 });
    job.start();
    await settled();
    await at('2026-11-11T02:04:59Z', job);
    expect(ran).toEqual([]);
    await at('2026-11-11T02:05:00Z', job);
    await at('2026-11-11T02:05:01Z', job);
    await at('2026-11-11T23:59:00Z', job);
    expect(ran).toEqual([{ at: new Date('2026-11-11T02:05:00Z'), by: 'a' }]);
    await at('2026-11-12T02:05:00Z', job);
    expect(ran).toHaveLength(2);
    await job.stop();
    expect(job.logged).toHaveLength(2);
    expect(job.logged[0]).toMatchObject([
      { pool: 'ccp', dryRun: false, deleted: 0, failures: 0 },
      'the pool was cleansed',
    ]);
  });

  it('runs in one of several processes for each night', async () => {
    const ran: Ran[] = [];
    const jobs = [0, 0, 0.3, 0.9].map((random, index) => process(String(index), ran, { random }));
    for (const job of jobs) job.start();
    await settled();
    for (const time of ['02:00:00', '02:03:00', '02:09:30', '02:30:00', '12:00:00']) {
      await at(`2026-11-11T${time}Z`, ...jobs);
    }
    expect(ran).toHaveLength(1);
    expect(ran[0]?.at).toEqual(new Date('2026-11-11T02:00:00Z'));
    await Promise.all(jobs.map((job) => job.stop()));
  });

  it('makes up for a night in which nobody was up, some minutes after it is started', async () => {
    const ran: Ran[] = [];
    const first = process('a', ran);
    first.start();
    await settled();
    await first.stop();
    clock.set(new Date('2026-11-13T09:00:00Z'));
    const second = process('b', ran, { random: 0.4 });
    second.start();
    await settled();
    expect(ran).toEqual([]);
    await at('2026-11-13T09:04:00Z', second);
    expect(ran).toEqual([{ at: new Date('2026-11-13T09:04:00Z'), by: 'b' }]);
    await at('2026-11-13T23:00:00Z', second);
    expect(ran).toHaveLength(1);
    await second.stop();
  });

  it('does not begin at once in a new installation', async () => {
    const ran: Ran[] = [];
    const job = process('a', ran);
    job.start();
    await settled();
    await at('2026-11-10T23:59:00Z', job);
    expect(ran).toEqual([]);
    await job.stop();
  });

  it('tries again what failed', async () => {
    const ran: Ran[] = [];
    let failures = 2;
    const job = process('a', ran, { fails: () => failures-- > 0 });
    job.start();
    await settled();
    await at('2026-11-11T02:00:00Z', job);
    await vi.waitFor(() => {
      expect(ran).toHaveLength(1);
    });
    await job.stop();
  });

  it('looks at the clock every few minutes, since timers stand still while a machine sleeps', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const job = process('a', []);
    job.start();
    await settled();
    const rests = timers.mock.calls.map(([, rest]) => rest ?? 0);
    timers.mockRestore();
    expect(rests).toContain(5 * minute);
    await job.stop();
  });
});
