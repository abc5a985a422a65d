import type { Database } from '@chargegraph/database';
import { ManualClock, silentLogger, type Logger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { act, startAuditDatabases, type AuditDatabases } from './audit-database.fixture.ts';
import { createRefusals, type RefusalsOptions, type RefusedWrite } from './refusals.ts';

let databases: AuditDatabases;
let database: Database;
const now = new Date('2026-03-01T12:00:00.000Z');
const onRecorded = vi.fn();

beforeAll(async () => {
  databases = await startAuditDatabases();
  database = await databases.create('pcp');
});
beforeEach(async () => {
  await database.execute('TRUNCATE audit_open');
  onRecorded.mockClear();
});
afterAll(async () => {
  await databases.stop();
});

const create = (options: Partial<RefusalsOptions> = {}) =>
  createRefusals({ database, clock: new ManualClock(now), logger: silentLogger, onRecorded, ...options });

const refusal = (changes: Partial<RefusedWrite> = {}): RefusedWrite => ({
  act,
  action: 'deleteContract',
  object: () => 'Contract DEEMPC00000001',
  code: 'NOT_FOUND',
  detail: 'There is no such contract.',
  ...changes,
});

const records = () =>
  database.query<{ client_id: string; action: string; detail: string; code: string; object: string }>(
    'SELECT * FROM audit_open ORDER BY id',
  );

const limits = { perClient: 3, overall: 5, windowSeconds: 3_600 };
const clientOf = (clientId: string) => ({ act: { ...act, clientId } });

describe('a refused write', () => {
  it('is recorded with who, what, on which object, why and when, and calls for the sealer', async () => {
    const refusals = create();
    refusals.record(refusal());
    await refusals.flush();
    expect(await records()).toEqual([
      expect.objectContaining({
        occurred_at: now,
        client_id: act.clientId,
        organisation: act.organisation,
        trace_id: act.traceId,
        action: 'deleteContract',
        object: 'Contract DEEMPC00000001',
        outcome: 'REFUSED',
        code: 'NOT_FOUND',
        detail: 'There is no such contract.',
      }),
    ]);
    expect(onRecorded).toHaveBeenCalledOnce();
  });

  it('is told and forgotten: whoever tells it waits for nothing and hears of no fault', async () => {
    const error = vi.fn();
    const logger = { child: () => logger, error } as unknown as Logger;
    const broken = { ...database, execute: () => Promise.reject(new Error('no database')) };
    const refusals = create({ database: broken, logger });
    refusals.record(refusal());
    expect(error).not.toHaveBeenCalled();
    refusals.record(
      refusal({
        object: () => {
          throw new Error('no object');
        },
      }),
    );
    await refusals.flush();
    expect(error).toHaveBeenCalledTimes(2);
    expect(onRecorded).not.toHaveBeenCalled();
  });

  it('has nothing in it that looks like a secret', async () => {
    const secret = Buffer.alloc(48, 7).toString('base64');
    const refusals = create();
    refusals.record(refusal({ object: () => `Client ${secret}`, detail: `No key ${secret}.` }));
    await refusals.flush();
    expect(await records()).toMatchObject([{ object: 'Client [left out]', detail: 'No key [left out]' }]);
  });
});

describe('refusals beyond the limit of a client', () => {
  it('are counted, and one record says how many were left out', async () => {
    const refusals = create({ limits });
    for (let n = 0; n < 8; n++) refusals.record(refusal());
    await refusals.flush();
    const [, , , last, ...others] = await records();
    expect(others).toEqual([]);
    expect(last).toMatchObject({
      client_id: act.clientId,
      action: 'refusalsLeftOut',
      code: 'LIMIT_EXCEEDED',
      object: '',
      detail:
        '5 more refused since 2026-03-01T12:00:00.000Z and not recorded one by one, the last deleteContract: NOT_FOUND.',
    });
  });

  it('are told by themselves when the window ends', async () => {
    const refusals = create({ limits: { ...limits, windowSeconds: 1 } });
    for (let n = 0; n < 5; n++) refusals.record(refusal());
    await vi.waitFor(async () => {
      expect(await records()).toHaveLength(4);
    }, 5_000);
    expect((await records())[3]?.detail).toMatch(/^2 more refused/);
  });

  it('take nothing from what another client may have recorded', async () => {
    const refusals = create({ limits });
    for (let n = 0; n < 20; n++) refusals.record(refusal(clientOf('noisy')));
    await vi.waitFor(async () => {
      expect(await records()).toHaveLength(3);
    });
    refusals.record(refusal(clientOf('quiet')));
    await refusals.flush();
    expect((await records()).map((record) => record.client_id).filter((id) => id === 'quiet')).toHaveLength(
      1,
    );
  });

  it('count to whom they are said to count', async () => {
    const refusals = create({ limits });
    for (let n = 0; n < 4; n++) refusals.record(refusal({ countedTo: 'Client a' }));
    refusals.record(refusal({ countedTo: 'Client b' }));
    await refusals.flush();
    expect((await records()).filter(({ action }) => action === 'deleteContract')).toHaveLength(4);
  });
});

describe('refusals of many clients beyond the limit of all', () => {
  it('are counted together, whoever they claim to be', async () => {
    const refusals = create({ limits });
    for (let n = 0; n < 12; n++) refusals.record(refusal({ countedTo: `Client ${String(n)}` }));
    await refusals.flush();
    const all = await records();
    expect(all).toHaveLength(6);
    expect(all[5]).toMatchObject({ client_id: '(several)', organisation: '', action: 'refusalsLeftOut' });
    expect(all[5]?.detail).toMatch(/^7 more refused/);
  });
});
