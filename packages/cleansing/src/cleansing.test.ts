import { emptyTables } from '@chargegraph/database/testing';
import type { Database } from '@chargegraph/database';
import { ManualClock } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCleansing } from './cleansing.ts';
import { leavingNumbers, meansOf, startCleansingDatabase } from './cleansing.fixture.ts';
import { removeLeaving } from './remove-leaving.ts';
import type { Step } from './run.ts';

const start = new Date('2026-11-10T12:00:00.000Z');
const day = 86_400_000;
const clock = new ManualClock(start);
let database: Database;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ database, stop } = await startCleansingDatabase());
});
afterAll(() => stop());
beforeEach(async () => {
  clock.set(start);
  await database.execute('UPDATE cleansing SET last_run_at = NULL, refreshed_to = NULL');
  await emptyTables(database, 'certificate_status');
});

const make = (...steps: Step[]) => createCleansing({ ...meansOf(database, clock), pool: 'pcp', steps });
const state = () => database.query('SELECT last_run_at AS "at" FROM cleansing');

describe('a run', () => {
  it('leaves what cannot be removed, says how much, and removes all the rest', async () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7];
    const cleansing = make(removeLeaving(leavingNumbers(numbers, [2, 3, 4])));
    expect(await cleansing.run()).toMatchObject({
      outcome: 'DONE',
      report: { expired: 4, deleted: 4, failures: 3 },
    });
    expect(numbers).toEqual([2, 3, 4]);
  });

  it('ends after the batch at hand when it is told to, is not noted as done, and goes on the next time', async () => {
    const numbers = [1, 2, 3, 4, 5];
    const ending = new AbortController();
    const leaving = leavingNumbers(numbers);
    const cleansing = make(
      removeLeaving({
        ...leaving,
        remove: (...given) => {
          ending.abort();
          return leaving.remove(...given);
        },
      }),
    );
    expect(await cleansing.run({ signal: ending.signal })).toEqual({ outcome: 'STOPPED' });
    expect(numbers).toEqual([3, 4, 5]);
    expect(await state()).toEqual([{ at: null }]);
    expect(await cleansing.run()).toMatchObject({ report: { deleted: 3 } });
    expect(await state()).toEqual([{ at: start }]);
  });

  it('is not begun while another is at it, but for a dry run', async () => {
    let other: Promise<unknown> | undefined;
    const inner = make();
    const outer = make(async () => {
      other = Promise.all([inner.run(), inner.run({ dryRun: true })]);
      await other;
    });
    await outer.run();
    expect(await other).toMatchObject([{ outcome: 'BUSY' }, { outcome: 'DONE', report: { dryRun: true } }]);
  });

  it('ends when the connection is lost that keeps others out', async () => {
    const numbers = [1, 2, 3, 4, 5];
    const leaving = leavingNumbers(numbers);
    const cleansing = make(
      removeLeaving({
        ...leaving,
        remove: async (...given) => {
          await database.query(
            `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          );
          return await leaving.remove(...given);
        },
      }),
    );
    await expect(cleansing.run()).rejects.toThrow();
    expect(numbers).toEqual([3, 4, 5]);
    expect(await state()).toEqual([{ at: null }]);
  });

  it('forgets statuses that nobody renewed for a month, and keeps revocations', async () => {
    const rows: [string, number, string][] = [
      ['a', 31, 'UNKNOWN'],
      ['b', 29, 'UNKNOWN'],
      ['c', 31, 'REVOKED'],
    ];
    for (const [fingerprint, days, status] of rows) {
      const at = new Date(start.getTime() - days * day);
      const revokedAt = status === 'REVOKED' ? at : null;
      await database.execute(
        `INSERT INTO certificate_status
           (fingerprint, status, source, checked_at, valid_until, this_update, revoked_at, detail)
         VALUES ($1, $2, $3, $4, $4, $4, $5, '')`,
        [fingerprint, status, revokedAt === null ? 'NONE' : 'CRL', at, revokedAt],
      );
    }
    await make().run({ dryRun: true });
    const left = () => database.query('SELECT fingerprint FROM certificate_status ORDER BY 1');
    expect(await left()).toHaveLength(3);
    await make().run();
    expect(await left()).toEqual([{ fingerprint: 'b' }, { fingerprint: 'c' }]);
  });
});
