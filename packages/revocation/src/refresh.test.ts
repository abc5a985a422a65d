import type { Database } from '@chargegraph/database';
import type { Certificate } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRevocation } from './revocation.ts';
import type { Revocation, RevocationPolicy } from './revocation-types.ts';
import {
  createToldChecker,
  later,
  makePath,
  minute,
  start,
  startStatusDatabase,
  type ToldChecker,
} from './revocation.fixture.ts';

let database: Database;
let stop: () => Promise<void>;
let path: Certificate[];
let leaf: Certificate;

let sub1: Certificate;
let clock: ManualClock;
let checker: ToldChecker;

beforeAll(async () => {
  ({ database, stop } = await startStatusDatabase());
  path = await makePath(4);
  [leaf, , sub1] = path as [Certificate, Certificate, Certificate];
});
afterAll(() => stop());

beforeEach(async () => {
  await database.execute('DELETE FROM certificate_status');
  clock = new ManualClock(start);
  checker = createToldChecker(clock);
});

function create(policy: RevocationPolicy = 'soft'): Revocation {
  return createRevocation({ database, checker, policy, clock, logger: silentLogger });
}

describe('refreshing', () => {
  const pairs = () =>
    path.slice(0, -1).map((certificate, index) => ({ certificate, issuer: path[index + 1] ?? certificate }));

  it('asks only about what has ended or ends within the lead time', async () => {
    const revocation = create();
    checker.tell(sub1, { status: 'GOOD', validUntil: later(600) });
    await revocation.refresh(pairs());
    expect(checker.asked.toSorted()).toEqual(['leaf', 'sub 1', 'sub 2']);
    checker.asked.length = 0;
    await revocation.refresh(pairs(), { leadTime: 59 * minute });
    expect(checker.asked).toEqual([]);
    checker.tell(leaf, { status: 'REVOKED' });
    const known = await revocation.refresh(pairs(), { leadTime: 60 * minute });
    expect(checker.asked.toSorted()).toEqual(['leaf', 'sub 2']);
    expect(path.slice(0, -1).map(({ fingerprint }) => known.get(fingerprint)?.status)).toEqual([
      'REVOKED',
      'GOOD',
      'GOOD',
    ]);
  });

  it('has no more checks under way than it may, and begins none once it is ended', async () => {
    let [now, most] = [0, 0];
    const ending = new AbortController();
    const { check } = checker;
    checker.check = async (...question) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return await check(...question);
    };
    await create().refresh(pairs(), { parallel: 2 });
    expect(most).toBe(2);
    clock.advance(60 * minute);
    ending.abort();
    checker.asked.length = 0;
    await create().refresh(pairs(), { signal: ending.signal });
    expect(checker.asked).toEqual([]);
  });

  it('asks nobody under off', async () => {
    expect(await create('off').refresh(pairs())).toEqual(new Map());
    expect(checker.asked).toEqual([]);
  });

  it('leaves memory to what is in use when it is done in passing, but for revocations', async () => {
    const revocation = create();
    const judge = () => revocation.judge(path);
    await judge();
    checker.tell(leaf, { status: 'REVOKED' });
    clock.set(later(60));
    await database.execute('DELETE FROM certificate_status');
    const fresh = create();
    await fresh.refresh(pairs(), { inPassing: true });
    const clear = pairs().map(({ certificate: { fingerprint } }) => fresh.isClear([fingerprint]));
    expect(clear).toEqual([false, false, false]);
    // It is in memory as revoked: the table is not needed to refuse it.
    await database.execute('DELETE FROM certificate_status');
    expect((await fresh.known([leaf.fingerprint])).get(leaf.fingerprint)).toMatchObject({
      status: 'REVOKED',
    });
    // What was in memory is kept up to date there.
    await revocation.refresh(pairs(), { inPassing: true });
    expect(revocation.isClear([sub1.fingerprint])).toBe(true);
  });

  it('writes down what names no source when it is done in passing, for as long as it lasts', async () => {
    const [silent, issuer] = (await makePath(2, [])) as [Certificate, Certificate];
    await create().refresh([{ certificate: silent, issuer }]);
    const written = () =>
      database.query('SELECT status, valid_until AS until FROM certificate_status WHERE fingerprint = $1', [
        silent.fingerprint,
      ]);
    expect(await written()).toEqual([]);
    await create().refresh([{ certificate: silent, issuer }], { inPassing: true });
    expect(await written()).toEqual([{ status: 'NOT_CHECKED', until: silent.notAfter }]);
    expect(checker.asked).toEqual([]);
  });
});

describe('pruning', () => {
  it('deletes what was last found out long ago, but no revocation', async () => {
    checker.tell(sub1, { status: 'REVOKED' });
    const revocation = create();
    await revocation.judge(path);
    expect(await revocation.prune(start)).toBe(0);
    expect(await revocation.prune(later(1))).toBe(2);
    const known = await create().known(path.map(({ fingerprint }) => fingerprint));
    expect([...known.keys()]).toEqual([sub1.fingerprint]);
  });
});
