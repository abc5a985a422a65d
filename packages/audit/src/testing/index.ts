import { setTimeout as delay } from 'node:timers/promises';
import type { SqlRunner } from '@chargegraph/database';

/** What a test looks at of a record. */
export interface TrailEntry {
  readonly clientId: string;
  readonly organisation: string;
  readonly traceId: string;
  readonly action: string;
  readonly object: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly detail: string | null;
}

/** All records of a pool so far, sealed or open, in order. */
export async function auditTrail(database: Pick<SqlRunner, 'query'>): Promise<TrailEntry[]> {
  const columns = `client_id AS "clientId", organisation, trace_id AS "traceId", action, object, outcome, code, detail`;
  const rows = await database.query<TrailEntry & { readonly place: unknown; readonly ordinal: unknown }>(
    `SELECT 0 AS place, position AS ordinal, ${columns} FROM audit_record
     UNION ALL SELECT 1, id, ${columns} FROM audit_open ORDER BY place, ordinal`,
  );
  return rows.map(({ place: _, ordinal: __, ...entry }) => entry);
}

/** A recorded write, as tests compare it. */
export type WriteSeen = Omit<TrailEntry, 'code' | 'detail'>;

/** The writes that a pool recorded since the last `restart`: records that are sealed cannot be taken away. */
export interface WriteTrail {
  /** Leaves out from now on what was recorded so far. */
  restart(): Promise<void>;
  /** Sealed or open, in order; without refused writes. */
  writes(): Promise<WriteSeen[]>;
}

/** Reads the writes of a pool that its tests start over and over. */
export function createWriteTrail(database: Pick<SqlRunner, 'query'>): WriteTrail {
  let known = 0;
  const all = async () =>
    (await auditTrail(database))
      .filter(({ outcome }) => outcome === 'DONE')
      .map(({ code: _, detail: __, ...write }): WriteSeen => write);
  return {
    restart: async () => {
      known = (await all()).length;
    },
    writes: async () => (await all()).slice(known),
  };
}

/** Waits until the pool has records beyond the first `known`, and returns those: a refusal's comes after its answer. */
export async function recordedSince(
  database: Pick<SqlRunner, 'query'>,
  known: number,
): Promise<TrailEntry[]> {
  for (let tries = 0; tries < 500; tries++) {
    const trail = await auditTrail(database);
    if (trail.length > known) return trail.slice(known);
    await delay(20);
  }
  throw new Error(`There are no more than ${String(known)} audit records.`);
}
