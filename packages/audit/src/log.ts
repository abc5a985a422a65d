import type { SqlRunner } from '@chargegraph/database';
import { recordColumns, type ChainedRecord } from './chain.ts';

/** A sealed record. */
export interface SealedRecord extends ChainedRecord {
  readonly outcome: 'DONE' | 'REFUSED';
  /** Lower-case hexadecimal. */
  readonly hash: string;
}

/** Narrows a list of records; conditions are joined with and. */
export interface AuditFilter {
  readonly clientId?: string | undefined;
  readonly object?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: 'DONE' | 'REFUSED' | undefined;
  /** At or after this instant. */
  readonly from?: Date | undefined;
  /** Before this instant. */
  readonly before?: Date | undefined;
}

/** By position: the oldest record first, or the newest. */
export type AuditOrder = 'POSITION_ASC' | 'POSITION_DESC';

/** A stretch of a list: up to `limit` records behind `from`, read against the order if `backward`. */
export interface AuditPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The position of the record to start behind. */
  readonly from: readonly string[] | undefined;
}

/** A pool's sealed records, read. What is not sealed yet is not shown: its place in the chain is not known. */
export interface AuditLog {
  /** One record more than the page's limit, when there is one. */
  page(filter: AuditFilter, order: AuditOrder, page: AuditPage): Promise<SealedRecord[]>;
  count(filter: AuditFilter): Promise<number>;
}

/** The records in PostgreSQL. */
export function createAuditLog(database: Pick<SqlRunner, 'query'>): AuditLog {
  return {
    async page(filter, order, { backward, limit, from }) {
      const { where, params } = conditions(filter);
      const descending = (order === 'POSITION_DESC') !== backward;
      if (from !== undefined) {
        where.push(`position ${descending ? '<' : '>'} $${String(params.push(from[0]))}::bigint`);
      }
      return await database.query<SealedRecord>(
        `SELECT position, ${recordColumns}, encode(hash, 'hex') AS hash FROM audit_record WHERE ${where.join(' AND ')}
          ORDER BY position ${descending ? 'DESC' : 'ASC'} LIMIT $${String(params.push(limit + 1))}`,
        params,
      );
    },

    async count(filter) {
      const { where, params } = conditions(filter);
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM audit_record WHERE ${where.join(' AND ')}`,
        params,
      );
      return row?.count ?? 0;
    },
  };
}

function conditions(filter: AuditFilter): { where: string[]; params: unknown[] } {
  const where = ['true'];
  const params: unknown[] = [];
  const equal = {
    client_id: filter.clientId,
    object: filter.object,
    action: filter.action,
    outcome: filter.outcome,
  };
  for (const [column, value] of Object.entries(equal)) {
    // PostgreSQL refuses U+0000, and records have the other character in its place.
    const text = value?.replaceAll('\u0000', '\ufffd');
    if (text !== undefined) where.push(`${column} = $${String(params.push(text))}`);
  }
  if (filter.from !== undefined) where.push(`occurred_at >= $${String(params.push(filter.from))}`);
  if (filter.before !== undefined) where.push(`occurred_at < $${String(params.push(filter.before))}`);
  return { where, params };
}
