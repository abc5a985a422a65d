import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@chargegraph/database';
import { silentLogger, type Logger } from '@chargegraph/service';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  act,
  occurredAt,
  seal,
  sealedObjects,
  startAuditDatabases,
  type AuditDatabases,
} from './audit-database.fixture.ts';
import { recordRefusal, recordWrite } from './record.ts';
import { createSealer } from './sealer.ts';
import { verifyChain } from './verify.ts';

let databases: AuditDatabases;
let schemas = 0;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  databases = await startAuditDatabases();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});
afterAll(async () => {
  await databases.stop();
});

const create = (): Promise<Database> => databases.create(`pool_${'abcdefghijklm'.charAt(schemas++)}`);

function startSealer(database: Database, pollInterval = 10_000) {
  const sealer = createSealer({ database, logger: silentLogger, pollInterval });
  sealer.start();
  running.push(sealer);
  return sealer;
}

const write = (object: string) => ({ act, action: 'change', object, occurredAt });

async function sealed(database: Database, count: number): Promise<string[]> {
  await vi.waitFor(async () => {
    expect(await sealedObjects(database)).toHaveLength(count);
  }, 10_000);
  return await sealedObjects(database);
}

/** The query with which docs/AUDIT.md has an auditor recompute the chain in PostgreSQL alone. */
async function auditorsQuery(): Promise<string> {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/AUDIT.md'), 'utf8');
  const query = /```sql\n([^]*?)```/.exec(page)?.[1];
  if (query === undefined) throw new Error('The page has no query.');
  return query;
}

describe('the sealer', () => {
  it('gives hashes that an auditor recomputes in SQL, by the query in docs/AUDIT.md', async () => {
    const database = await create();
    await recordWrite(database, write('Contract DEEMPC00000001'));
    await recordRefusal(database, {
      act: { clientId: 'Ünïcödé 🚗', organisation: '', traceId: '' },
      action: 'x\ny',
      object: `a\u0000${'o'.repeat(600)}`,
      occurredAt: new Date('1999-12-31T23:59:59.001Z'),
      code: 'FORBIDDEN',
      detail: '\u007f\\"',
    });
    await seal(database, ['third']);
    const rows = await database.query<{ holds: boolean }>(await auditorsQuery());
    expect(rows).toEqual(['1', '2', '3'].map((position) => ({ position, holds: true })));
    const [head] = await database.query<{ hash: string }>(
      "SELECT encode(hash, 'hex') AS hash FROM audit_record ORDER BY position DESC LIMIT 1",
    );
    expect(await verifyChain(database)).toMatchObject({
      fault: undefined,
      sealed: { position: 3n, hash: head?.hash },
    });
  });

  it('never writes two records alike, wherever the limits between their fields lie', async () => {
    const heads: string[] = [];
    for (const [action, object] of [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc', ''],
    ] as const) {
      const database = await create();
      await recordWrite(database, { act, action, object, occurredAt });
      await seal(database, []);
      heads.push((await verifyChain(database)).sealed.hash);
    }
    expect(new Set(heads).size).toBe(3);
  });

  it('seals what was committed when it is woken, when it starts, and by its own look', async () => {
    const database = await create();
    await recordWrite(database, write('before the start'));
    const sealer = startSealer(database);
    await sealed(database, 1);
    await database.transaction(async (tx) => {
      tx.afterCommit(sealer.wake);
      await recordWrite(tx, write('woken'));
    });
    await sealed(database, 2);
    await sealer.stop();
    startSealer(database, 20);
    await recordWrite(database, write('looked'));
    expect(await sealed(database, 3)).toEqual(['before the start', 'woken', 'looked']);
  });

  it('chains every committed record once and no other, whoever seals and however many', async () => {
    const database = await create();
    const sealers = Array.from({ length: 3 }, () => startSealer(database, 15));
    const committed: string[] = [];
    const writer = async (name: number) => {
      for (let n = 0; n < 40; n++) {
        const object = `${String(name)}/${String(n)}`;
        const fate = Math.random();
        try {
          await database.transaction(async (tx) => {
            for (const sealer of sealers) tx.afterCommit(sealer.wake);
            await recordWrite(tx, write(object));
            if (fate < 0.1) await delay(Math.random() * 20);
            if (fate > 0.8) throw new Error('in vain');
          });
          committed.push(object);
        } catch (error) {
          if (!(error instanceof Error && error.message === 'in vain')) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, name) => writer(name)));
    expect((await sealed(database, committed.length)).toSorted()).toEqual(committed.toSorted());
    expect(await verifyChain(database)).toMatchObject({
      sealed: { position: BigInt(committed.length) },
      open: { count: 0 },
      fault: undefined,
    });
  });

  it('waits for no open transaction, and seals its record once it is committed', async () => {
    const database = await create();
    const sealer = startSealer(database);
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await recordWrite(
      { execute: (sql, params = []) => client.query(sql, [...params]) },
      write('from the long transaction'),
    );
    await recordWrite(database, write('meanwhile'));
    sealer.wake();
    expect(await sealed(database, 1)).toEqual(['meanwhile']);
    await client.query('COMMIT');
    client.release();
    sealer.wake();
    expect(await sealed(database, 2)).toEqual(['meanwhile', 'from the long transaction']);
    expect((await verifyChain(database)).fault).toBeUndefined();
  });

  it('goes on after a failure', async () => {
    const database = await create();
    await database.execute('ALTER TABLE audit_head RENAME TO audit_head_away');
    await recordWrite(database, write('patient'));
    const error = vi.fn();
    const logger = { child: () => logger, error, info: vi.fn() } as unknown as Logger;
    const sealer = createSealer({ database, logger, pollInterval: 20 });
    running.push(sealer);
    sealer.start();
    await vi.waitFor(() => {
      expect(error).toHaveBeenCalled();
    });
    await database.execute('ALTER TABLE audit_head_away RENAME TO audit_head');
    expect(await sealed(database, 1)).toEqual(['patient']);
  });

  it('leaves records that the database itself refuses to change or delete', async () => {
    const database = await create();
    await seal(database, ['one', 'two']);
    for (const statement of [
      "UPDATE audit_record SET object = 'three' WHERE position = 1",
      'DELETE FROM audit_record WHERE position = 2',
      'TRUNCATE audit_record',
    ]) {
      await expect(database.execute(statement)).rejects.toThrow('Sealed audit records are never changed.');
    }
    expect(await sealedObjects(database)).toEqual(['one', 'two']);
  });
});
