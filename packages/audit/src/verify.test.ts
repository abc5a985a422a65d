import fc from 'fast-check';
import type { Database } from '@chargegraph/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { act, occurredAt, seal, startAuditDatabases, type AuditDatabases } from './audit-database.fixture.ts';
import { firstHash, recordColumns, recordHash, type ChainedRecord } from './chain.ts';
import { recordWrite } from './record.ts';
import { verifyChain } from './verify.ts';

let databases: AuditDatabases;
let database: Database;

beforeAll(async () => {
  databases = await startAuditDatabases();
  database = await databases.create('ccp');
  // What somebody with the rights of the database's owner does first.
  await database.execute('DROP TRIGGER audit_record_refuse_change ON audit_record');
});
afterAll(async () => {
  await databases.stop();
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `record ${String(index + 1)}`);

async function fresh(objects: readonly string[] = names(8)): Promise<void> {
  await database.execute('ALTER TABLE audit_record DROP CONSTRAINT IF EXISTS audit_record_pkey');
  await database.execute('TRUNCATE audit_record, audit_open');
  await database.execute('ALTER TABLE audit_record ADD PRIMARY KEY (position)');
  await database.execute('DELETE FROM audit_head');
  await database.execute(
    "INSERT INTO audit_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'))",
  );
  await seal(database, objects);
}

/** Rewrites the whole chain over what the table holds, as somebody does who knows how the hash is made. */
async function rewrite(): Promise<void> {
  const records = await database.query<ChainedRecord & { readonly old: string }>(
    `SELECT position AS old, ${recordColumns} FROM audit_record ORDER BY position`,
  );
  let hash: Uint8Array = firstHash;
  for (const [index, record] of records.entries()) {
    const position = String(index + 1);
    hash = recordHash('ccp', hash, { ...record, position });
    await database.execute('UPDATE audit_record SET position = $2, hash = $3 WHERE position = $1', [
      record.old,
      position,
      hash,
    ]);
  }
  await database.execute('UPDATE audit_head SET position = $1, hash = $2', [records.length, hash]);
}

const put = (position: string) =>
  `INSERT INTO audit_record SELECT ${position}, occurred_at, client_id, organisation, trace_id, action, 'put in',
     outcome, code, detail, hash FROM audit_record WHERE position = 3`;
const withoutKey = 'ALTER TABLE audit_record DROP CONSTRAINT audit_record_pkey';

describe('verify', () => {
  it('finds a chain whole, says its head, and how long what is open has been', async () => {
    await fresh();
    await recordWrite(database, { act, action: 'change', object: 'open', occurredAt });
    const [head] = await database.query<{ hash: string }>(
      "SELECT encode(hash, 'hex') AS hash FROM audit_head",
    );
    expect(await verifyChain(database)).toEqual({
      pool: 'ccp',
      sealed: { position: 8n, hash: head?.hash },
      open: { count: 1, oldest: occurredAt },
      fault: undefined,
    });
  });

  it('finds an empty chain whole', async () => {
    await fresh([]);
    expect(await verifyChain(database)).toMatchObject({
      sealed: { position: 0n, hash: '0'.repeat(64) },
      open: { count: 0, oldest: undefined },
      fault: undefined,
    });
  });

  it('reads a chain of several batches', async () => {
    await fresh(names(2_500));
    expect(await verifyChain(database)).toMatchObject({ sealed: { position: 2_500n }, fault: undefined });
    await database.execute("UPDATE audit_record SET object = 'x' WHERE position = 2001");
    expect((await verifyChain(database)).fault?.position).toBe(2_001n);
  });

  const columns = ['client_id', 'organisation', 'trace_id', 'action', 'object', 'code', 'detail'];
  it.each<[string, readonly string[], number, RegExp]>([
    ...columns.map((column): [string, readonly string[], number, RegExp] => [
      `a ${column} that was changed`,
      [`UPDATE audit_record SET ${column} = 'tampered' WHERE position = 4`],
      4,
      /position 4 is not the one that was sealed/,
    ]),
    [
      'a time that was changed by a millisecond',
      ["UPDATE audit_record SET occurred_at = occurred_at + interval '1 millisecond' WHERE position = 4"],
      4,
      /not the one that was sealed/,
    ],
    [
      'a time that became none',
      ["UPDATE audit_record SET occurred_at = 'infinity' WHERE position = 4"],
      4,
      /missing or impossible/,
    ],
    [
      'an outcome that was changed',
      ["UPDATE audit_record SET outcome = 'REFUSED' WHERE position = 4"],
      4,
      /not the one that was sealed/,
    ],
    [
      'a hash that was changed',
      ['UPDATE audit_record SET hash = sha256(hash) WHERE position = 4'],
      4,
      /its hash is another/,
    ],
    [
      'a record that was removed',
      ['DELETE FROM audit_record WHERE position = 4'],
      4,
      /is missing: the next is 5/,
    ],
    [
      'the first record removed',
      ['DELETE FROM audit_record WHERE position = 1'],
      1,
      /is missing: the next is 2/,
    ],
    [
      'a record removed and those behind it moved up',
      [
        'DELETE FROM audit_record WHERE position = 4',
        'UPDATE audit_record SET position = -position WHERE position > 4',
        'UPDATE audit_record SET position = -position - 1 WHERE position < 0',
      ],
      4,
      /not the one that was sealed/,
    ],
    [
      'two records that changed places',
      [
        'UPDATE audit_record SET position = -4 WHERE position = 4',
        'UPDATE audit_record SET position = 4 WHERE position = 5',
        'UPDATE audit_record SET position = 5 WHERE position = -4',
      ],
      4,
      /not the one that was sealed/,
    ],
    ['a record put in before the first', [put('0')], 0, /put in at position 0/],
    ['a record put in twice at a position', [withoutKey, put('6')], 6, /position 6/],
    [
      'a record without a position',
      [withoutKey, 'ALTER TABLE audit_record ALTER COLUMN position DROP NOT NULL', put('NULL')],
      9,
      /without a position/,
    ],
    [
      'a record put in between, the others moved down',
      [
        'UPDATE audit_record SET position = -position WHERE position >= 4',
        'UPDATE audit_record SET position = 1 - position WHERE position < 0',
        put('4'),
      ],
      4,
      /not the one that was sealed/,
    ],
    ['a record put in behind the last', [put('9')], 9, /position 9/],
    [
      'an end that was cut off',
      ['DELETE FROM audit_record WHERE position > 6'],
      7,
      /cut off: it ends at position 6, and its head says 8/,
    ],
    ['everything cut off', ['DELETE FROM audit_record'], 1, /cut off: it ends at position 0/],
    [
      'a head that was set back',
      ['UPDATE audit_head h SET position = 6, hash = r.hash FROM audit_record r WHERE r.position = 6'],
      7,
      /its head says 6/,
    ],
    ['a head with another hash', ['UPDATE audit_head SET hash = sha256(hash)'], 8, /head's hash/],
    ['a head that is gone', ['DELETE FROM audit_head'], 8, /0 heads/],
  ])('finds %s', async (_, statements, position, reason) => {
    await fresh();
    for (const statement of statements) await database.execute(statement);
    const { fault } = await verifyChain(database);
    expect(fault?.position).toBe(BigInt(position));
    expect(fault?.reason).toMatch(reason);
  });

  it('finds what was rewritten as a whole only by a head that was noted before', async () => {
    await fresh();
    const { sealed } = await verifyChain(database);
    expect((await verifyChain(database, [sealed])).fault).toBeUndefined();
    await database.execute("UPDATE audit_record SET object = 'tampered' WHERE position = 4");
    await rewrite();
    expect((await verifyChain(database)).fault).toBeUndefined();
    const { fault } = await verifyChain(database, [sealed]);
    expect(fault).toMatchObject({ position: 8n, reason: expect.stringMatching(/noted before/) as string });
  });

  it('finds an end that was cut off with its head only by a head that was noted before', async () => {
    await fresh();
    const { sealed } = await verifyChain(database);
    await database.execute('DELETE FROM audit_record WHERE position > 6');
    await rewrite();
    expect((await verifyChain(database)).fault).toBeUndefined();
    expect((await verifyChain(database, [sealed])).fault).toMatchObject({
      position: 7n,
      reason: expect.stringMatching(/position 8 was noted before/) as string,
    });
  });

  it('takes a noted head that the chain has since grown beyond', async () => {
    await fresh();
    const { sealed } = await verifyChain(database);
    await seal(database, ['later']);
    expect(await verifyChain(database, [sealed])).toMatchObject({
      sealed: { position: 9n },
      fault: undefined,
    });
    expect((await verifyChain(database, [{ ...sealed, hash: 'f'.repeat(64) }])).fault?.position).toBe(8n);
  });

  it('tells the chain of one pool from that of another', async () => {
    await fresh();
    const other = await databases.create('pcp');
    await other.execute('INSERT INTO audit_record SELECT * FROM ccp.audit_record');
    await other.execute('UPDATE audit_head h SET position = c.position, hash = c.hash FROM ccp.audit_head c');
    expect((await verifyChain(other)).fault?.position).toBe(1n);
  });

  it('finds any change of any field of any record, any removal and any exchange, at the first place', async () => {
    const fields = [...columns, 'occurred_at', 'hash'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ maxLength: 20 }).filter((text) => !text.includes('\u0000')),
          {
            minLength: 2,
            maxLength: 12,
          },
        ),
        fc.nat(),
        fc.oneof(
          fc.record({ kind: fc.constant('change' as const), field: fc.constantFrom(...fields) }),
          fc.record({ kind: fc.constant('remove' as const) }),
          fc.record({ kind: fc.constant('exchange' as const), other: fc.nat() }),
        ),
        async (objects, at, tampering) => {
          // Records that differ, since exchanging equal ones changes nothing.
          await fresh(objects.map((text, index) => `${text} ${String(index)}`));
          const position = (at % objects.length) + 1;
          let first = position;
          if (tampering.kind === 'remove') {
            await database.execute('DELETE FROM audit_record WHERE position = $1', [position]);
          } else if (tampering.kind === 'exchange') {
            const other = (tampering.other % objects.length) + 1;
            if (other === position) return;
            first = Math.min(position, other);
            for (const [from, to] of [
              [position, -1],
              [other, position],
              [-1, other],
            ]) {
              await database.execute('UPDATE audit_record SET position = $2 WHERE position = $1', [from, to]);
            }
          } else {
            const { field } = tampering;
            const value =
              field === 'hash'
                ? 'sha256(hash)'
                : field === 'occurred_at'
                  ? "occurred_at - interval '1 second'"
                  : `coalesce(${field}, '') || 'x'`;
            await database.execute(`UPDATE audit_record SET ${field} = ${value} WHERE position = $1`, [
              position,
            ]);
          }
          expect((await verifyChain(database)).fault?.position).toBe(BigInt(first));
        },
      ),
      { numRuns: 40 },
    );
  });
});
