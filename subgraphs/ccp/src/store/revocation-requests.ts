import type { Database } from '@chargegraph/database';
import type { RevocationCause, RevocationRequests } from '../domain/revocation-request.ts';

interface Row {
  readonly contractFingerprint: string;
  readonly emaid: string;
  readonly cause: RevocationCause;
  readonly requestedAt: Date;
  readonly notAfter: Date | null;
}

/** What is to be revoked, in PostgreSQL. */
export function createRevocationRequests(database: Database): RevocationRequests {
  return {
    async page(since, { limit, from }) {
      const [at, fingerprint] = from ?? [];
      const rows = await database.query<Row>(
        `SELECT contract_fingerprint AS "contractFingerprint", emaid, cause, requested_at AS "requestedAt",
                not_after AS "notAfter"
           FROM revocation_request
          WHERE requested_at >= $1
            AND ($2::timestamptz IS NULL OR (requested_at, contract_fingerprint) > ($2, $3::text))
          ORDER BY requested_at, contract_fingerprint LIMIT $4`,
        [since, at ?? null, fingerprint ?? null, limit + 1],
      );
      return rows.map((row) => ({ ...row, notAfter: row.notAfter ?? undefined }));
    },

    async count(since) {
      const [row] = await database.query<{ readonly count: number }>(
        'SELECT count(*)::int AS count FROM revocation_request WHERE requested_at >= $1',
        [since],
      );
      return row?.count ?? 0;
    },
  };
}

const batchSize = 1_000;
const day = 86_400_000;

/** A contract certificate lasts two years at most (ISO 15118-2 annex F). */
const longestLife = 731 * day;

/**
 * Removes the requests whose certificate ended before an instant; revoked or not, nobody takes it any more.
 *
 * @param mayGoOn asked before each batch
 * @returns how many those were
 */
export async function pruneRevocationRequests(
  database: Database,
  endedBefore: Date,
  mayGoOn: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<number> {
  let removed = 0;
  for (let last = batchSize; last === batchSize && (await mayGoOn()); removed += last) {
    last = await database.execute(
      `DELETE FROM revocation_request WHERE contract_fingerprint IN (
         SELECT contract_fingerprint FROM revocation_request
          WHERE not_after < $1 OR (not_after IS NULL AND requested_at < $2) LIMIT $3)`,
      [endedBefore, new Date(endedBefore.getTime() - longestLife), batchSize],
    );
  }
  return removed;
}
