import type { Database } from '@chargegraph/database';
import type { Certificate } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRevocation, type RevocationOptions } from './revocation.ts';
import type { Revocation, RevocationPolicy } from './revocation-types.ts';
import { writeStatus } from './status-store.ts';
import {
  certificateStatus,
  createToldChecker,
  later,
  makePath,
  minute,
  start,
  startStatusDatabase,
  type Told,
  type ToldChecker,
} from './revocation.fixture.ts';

let database: Database;
let stop: () => Promise<void>;
let path: Certificate[];
let leaf: Certificate;
let sub2: Certificate;
let sub1: Certificate;
let clock: ManualClock;
let checker: ToldChecker;
let queries: string[];

beforeAll(async () => {
  ({ database, stop } = await startStatusDatabase());
  path = await makePath(4);
  [leaf, sub2, sub1] = path as [Certificate, Certificate, Certificate];
});
afterAll(() => stop());

beforeEach(async () => {
  await database.execute('DELETE FROM certificate_status');
  clock = new ManualClock(start);
  checker = createToldChecker(clock);
  queries = [];
});

function create(policy: RevocationPolicy = 'soft', more: Partial<RevocationOptions> = {}): Revocation {
  const counted: RevocationOptions['database'] = {
    query: async (sql, params) => {
      queries.push(sql.trim().slice(0, 6));
      return await database.query(sql, params);
    },
    execute: async (sql, params) => await database.execute(sql, params),
  };
  return createRevocation({ database: counted, checker, policy, clock, logger: silentLogger, ...more });
}

const unknown: Told = { status: 'UNKNOWN' };
const hold = { status: 'REVOKED', reason: 'certificateHold' } as const;

describe('judging a path', () => {
  it('accepts what is good and tells each status but the root’s, leaf first', async () => {
    const finding = await create().judge(path);
    expect(finding).toMatchObject({ accepted: true });
    expect(finding.statuses.map(({ fingerprint, status }) => [fingerprint, status])).toEqual([
      [leaf.fingerprint, 'GOOD'],
      [sub2.fingerprint, 'GOOD'],
      [sub1.fingerprint, 'GOOD'],
    ]);
    expect(checker.asked.toSorted()).toEqual(['leaf', 'sub 1', 'sub 2']);
  });

  it.each(['soft', 'hard'] as const)('refuses what is revoked under %s', async (policy) => {
    checker.tell(sub2, { status: 'REVOKED', reason: 'cACompromise' });
    expect(await create(policy).judge(path)).toMatchObject({
      accepted: false,
      certificate: sub2,
      status: { status: 'REVOKED', reason: 'cACompromise' },
      code: 'CERTIFICATE_REVOKED',
      message: `The certificate ${sub2.subject} has been revoked.`,
    });
  });

  it('refuses what is on hold', async () => {
    checker.tell(leaf, hold);
    expect(await create().judge(path)).toMatchObject({
      accepted: false,
      message: `The certificate ${leaf.subject} is on hold.`,
    });
  });

  it('names the one nearest to the root, and a revoked one before one without a verdict', async () => {
    checker.tell(leaf, { status: 'REVOKED' });
    checker.tell(sub2, { status: 'REVOKED' });
    checker.tell(sub1, unknown);
    expect(await create('hard').judge(path)).toMatchObject({ accepted: false, certificate: sub2 });
  });

  it('lets what is unknown pass under soft and refuses it under hard', async () => {
    checker.tell(leaf, unknown);
    expect(await create('soft').judge(path)).toMatchObject({ accepted: true });
    expect(await create('hard').judge(path)).toMatchObject({
      accepted: false,
      certificate: leaf,
      code: 'UNAVAILABLE',
      message: `Whether the certificate ${leaf.subject} is revoked could not be found out.`,
    });
  });

  it('lets pass what names no source, under hard too', async () => {
    const silent = await makePath(4, []);
    const finding = await create('hard').judge(silent);
    expect(finding).toMatchObject({ accepted: true });
    expect(finding.statuses.map(({ status }) => status)).toEqual(Array(3).fill('NOT_CHECKED'));
    expect({ queries, asked: checker.asked }).toEqual({ queries: [], asked: [] });
  });

  it('asks about those alone that name a source', async () => {
    const silent = await makePath(4, []);
    const mixed = [leaf, ...silent.slice(1)];
    const { statuses } = await create('hard').judge(mixed);
    expect(statuses.map(({ status }) => status)).toEqual(['GOOD', 'NOT_CHECKED', 'NOT_CHECKED']);
    expect({ queries, asked: checker.asked }).toEqual({ queries: ['SELECT', 'INSERT'], asked: ['leaf'] });
  });

  it('accepts anything under off, without looking', async () => {
    checker.tell(leaf, { status: 'REVOKED' });
    expect(await create('off').judge(path)).toEqual({ accepted: true, statuses: [] });
    expect({ queries, asked: checker.asked }).toEqual({ queries: [], asked: [] });
  });

  it('accepts a root alone', async () => {
    expect(await create('hard').judge(path.slice(-1))).toEqual({ accepted: true, statuses: [] });
  });

  it('does nothing but look into memory when that is warm', async () => {
    const revocation = create('hard');
    const cold = await revocation.judge(path);
    expect(queries).toEqual(['SELECT', 'INSERT', 'INSERT', 'INSERT']);
    queries.length = checker.asked.length = 0;
    checker.check = () => {
      throw new Error('nobody is asked');
    };
    const warm = await revocation.judge(path);
    expect(warm).toEqual(cold);
    expect({ queries, asked: checker.asked }).toEqual({ queries: [], asked: [] });
  });

  it('asks the table once for all that memory has not, and nobody else when it knows', async () => {
    await create().judge(path);
    queries.length = checker.asked.length = 0;
    expect(await create().judge(path)).toMatchObject({ accepted: true });
    expect({ queries, asked: checker.asked }).toEqual({ queries: ['SELECT'], asked: [] });
  });

  it('hears after a while what another process learnt', async () => {
    const [ours, theirs] = [create(), create()];
    await ours.judge(path);
    await theirs.judge(path);
    checker.tell(leaf, { status: 'REVOKED' });
    clock.advance(minute);
    await theirs.refresh([{ certificate: leaf, issuer: sub2 }], { leadTime: 60 * minute });
    expect(await theirs.judge(path)).toMatchObject({ accepted: false });
    expect(await ours.judge(path)).toMatchObject({ accepted: true });
    clock.advance(10 * minute);
    checker.asked.length = 0;
    expect(await ours.judge(path)).toMatchObject({ accepted: false, certificate: leaf });
    expect(checker.asked).toEqual([]);
  });

  it('asks again when a status has ended', async () => {
    const revocation = create();
    await revocation.judge(path);
    checker.tell(leaf, { status: 'REVOKED' });
    clock.advance(60 * minute);
    checker.asked.length = 0;
    expect(await revocation.judge(path)).toMatchObject({ accepted: false, certificate: leaf });
    expect(checker.asked.toSorted()).toEqual(['leaf', 'sub 1', 'sub 2']);
  });

  it('asks once for certificates that are judged at the same time', async () => {
    const revocation = create();
    await Promise.all(Array.from({ length: 10 }, () => revocation.judge(path)));
    expect(checker.asked.toSorted()).toEqual(['leaf', 'sub 1', 'sub 2']);
  });

  it('waits no longer than the deadline; what is not known by then is unknown', async () => {
    checker.tell(sub2, 'HANG');
    const soft = await create('soft').judge(path, { deadline: Date.now() + 50 });
    expect(soft).toMatchObject({ accepted: true });
    expect(soft.statuses.map(({ status }) => status)).toEqual(['GOOD', 'UNKNOWN', 'GOOD']);
    const hard = await create('hard').judge(path, { signal: AbortSignal.abort() });
    expect(hard).toMatchObject({ accepted: false, certificate: sub2 });
  });

  it('refuses at the deadline what was on hold before', async () => {
    checker.tell(leaf, hold);
    const revocation = create();
    await revocation.judge(path);
    clock.advance(60 * minute);
    checker.tell(leaf, 'HANG');
    const finding = await revocation.judge(path, { deadline: Date.now() + 50 });
    expect(finding).toMatchObject({ accepted: false, certificate: leaf });
  });

  it('refuses what is on hold while its sources give no verdict, without asking them each time', async () => {
    checker.tell(leaf, hold);
    const revocation = create();
    await revocation.judge(path);
    clock.advance(60 * minute);
    checker.tell(leaf, unknown);
    checker.asked.length = 0;
    expect(await revocation.judge(path)).toMatchObject({ accepted: false, certificate: leaf });
    expect(await revocation.judge(path)).toMatchObject({ accepted: false, certificate: leaf });
    expect(checker.asked.filter((name) => name === 'leaf')).toHaveLength(1);
    clock.advance(minute);
    checker.tell(leaf, { status: 'GOOD' });
    expect(await revocation.judge(path)).toMatchObject({ accepted: true });
  });

  it('fails with the database, rather than accept what may be known as revoked', async () => {
    const broken = {
      query: () => Promise.reject(new Error('no database')),
      execute: () => Promise.reject(new Error('no database')),
    };
    await expect(create('soft', { database: broken }).judge(path)).rejects.toThrow('no database');
  });
});

describe('what is known', () => {
  it('is told without asking anybody, by one query, then from memory', async () => {
    await create().judge(path);
    queries.length = checker.asked.length = 0;
    const revocation = create();
    const fingerprints = [leaf.fingerprint, sub1.fingerprint, 'ff'.repeat(32)];
    const known = await revocation.known(fingerprints);
    expect([...known.keys()].toSorted()).toEqual([leaf.fingerprint, sub1.fingerprint].toSorted());
    expect(known.get(leaf.fingerprint)).toEqual(
      certificateStatus(leaf.fingerprint, { status: 'GOOD' }, start),
    );
    expect(queries).toEqual(['SELECT']);
    await revocation.known(fingerprints.slice(0, 2));
    expect(await revocation.known([])).toEqual(new Map());
    expect({ queries, asked: checker.asked }).toEqual({ queries: ['SELECT'], asked: [] });
  });

  it('is told too when it has ended', async () => {
    await create().judge(path);
    clock.advance(120 * minute);
    const known = await create().known([leaf.fingerprint]);
    expect(known.get(leaf.fingerprint)).toMatchObject({ status: 'GOOD', validUntil: later(60) });
  });

  it('keeps every field of a status', async () => {
    const status = certificateStatus(
      leaf.fingerprint,
      {
        status: 'REVOKED',
        source: 'CRL',
        url: 'http://x/',
        revokedAt: later(-9),
        thisUpdate: later(-3),
        reason: 'keyCompromise',
      },
      start,
    );
    expect(await writeStatus(database, status)).toEqual(status);
    expect((await create().known([leaf.fingerprint])).get(leaf.fingerprint)).toEqual(status);
  });
});
