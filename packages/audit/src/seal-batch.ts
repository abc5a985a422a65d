import type { Transaction } from '@chargegraph/database';
import { recordColumns, recordHash, type ChainedRecord } from './chain.ts';

/** What one try to seal a batch came to. */
export type SealOutcome =
  /** Another sealer of the same pool is at it. */
  { readonly kind: 'busy' } | { readonly kind: 'sealed'; readonly count: number };

/** SQL that is true when there is something to seal. */
export const hasOpenRecords = 'SELECT EXISTS (SELECT FROM audit_open) AS work';

type OpenRecord = Omit<ChainedRecord, 'position'> & { readonly id: string };

/**
 * Seals up to `size` committed records in the order of their ids. The transaction must be `read committed`: what is
 * sealed is what had been committed once the lock was held. Records of open transactions are not visible, delay
 * nobody, and are sealed later, behind those with higher ids.
 */
export async function sealBatch(tx: Transaction, pool: string, size: number): Promise<SealOutcome> {
  const [lock] = await tx.query<{ held: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('chargegraph audit ' || $1, 0)) AS held",
    [pool],
  );
  if (lock?.held !== true) return { kind: 'busy' };
  const [head] = await tx.query<{ position: string; hash: Buffer }>(
    'SELECT position, hash FROM audit_head FOR UPDATE',
  );
  if (head === undefined) throw new Error('The audit chain has no head.');
  const open = await tx.query<OpenRecord>(
    `WITH taken AS (
       DELETE FROM audit_open WHERE id = ANY (ARRAY(SELECT id FROM audit_open ORDER BY id LIMIT $1)) RETURNING *
     ) SELECT id, ${recordColumns} FROM taken ORDER BY taken.id`,
    [size],
  );
  if (open.length === 0) return { kind: 'sealed', count: 0 };

  let { hash } = head;
  let position = BigInt(head.position);
  const sealed = open.map((record) => {
    position += 1n;
    const chained = { ...record, position: position.toString() };
    hash = recordHash(pool, hash, chained);
    return { ...chained, hash };
  });
  await insert(tx, sealed);
  await tx.execute('UPDATE audit_head SET position = $1, hash = $2', [position.toString(), hash]);
  return { kind: 'sealed', count: open.length };
}

async function insert(
  tx: Transaction,
  records: readonly (ChainedRecord & { readonly hash: Buffer })[],
): Promise<void> {
  const column = <Name extends keyof (typeof records)[number]>(name: Name) =>
    records.map((record) => record[name]);
  await tx.execute(
    `INSERT INTO audit_record
       (position, occurred_at, client_id, organisation, trace_id, action, object, outcome, code, detail, hash)
     SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[])`,
    [
      column('position'),
      column('occurredAt'),
      column('clientId'),
      column('organisation'),
      column('traceId'),
      column('action'),
      column('object'),
      column('outcome'),
      column('code'),
      column('detail'),
      column('hash'),
    ],
  );
}
