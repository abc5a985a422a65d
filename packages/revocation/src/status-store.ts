import type { SqlRunner } from '@chargegraph/database';
import type { RevocationReason, RevocationSource, RevocationState } from '@chargegraph/pki';
import type { CertificateStatus } from './revocation-types.ts';

interface Row {
  readonly fingerprint: string;
  readonly status: RevocationState;
  readonly source: RevocationSource;
  readonly url: string | null;
  readonly checkedAt: Date;
  readonly validUntil: Date;
  readonly thisUpdate: Date | null;
  readonly revokedAt: Date | null;
  readonly reason: RevocationReason | null;
  readonly detail: string;
}

const columns = `fingerprint, status, source, url, checked_at AS "checkedAt", valid_until AS "validUntil",
  this_update AS "thisUpdate", revoked_at AS "revokedAt", reason, detail`;

/**
 * Whether what was found out now takes the place of what is known:
 * - a revocation that is no hold stays; only a newer one renews it;
 * - without a verdict, nothing that was revoked and no GOOD that still holds is given up;
 * - a source that knew it earlier (`this_update`) says nothing against one that knew it later, unless that one's answer
 *   has ended; a hold is lifted by a later source only.
 */
const rule = `CASE
  WHEN known.status = 'REVOKED' AND known.reason IS DISTINCT FROM 'certificateHold' THEN
    EXCLUDED.status = 'REVOKED' AND EXCLUDED.reason IS DISTINCT FROM 'certificateHold'
    AND EXCLUDED.this_update > known.this_update
  WHEN EXCLUDED.source = 'NONE' THEN
    CASE known.status
      WHEN 'REVOKED' THEN false
      WHEN 'GOOD' THEN known.valid_until <= EXCLUDED.checked_at
      ELSE known.checked_at <= EXCLUDED.checked_at
    END
  WHEN known.source = 'NONE' THEN true
  WHEN known.status = 'REVOKED' AND EXCLUDED.status = 'GOOD' THEN EXCLUDED.this_update > known.this_update
  ELSE EXCLUDED.this_update >= known.this_update OR known.valid_until <= EXCLUDED.checked_at
END`;

/** What is known of these certificates, by one query. */
export async function readStatuses(
  on: Pick<SqlRunner, 'query'>,
  fingerprints: readonly string[],
): Promise<CertificateStatus[]> {
  if (fingerprints.length === 0) return [];
  const rows = await on.query<Row>(
    `SELECT ${columns} FROM certificate_status WHERE fingerprint = ANY($1::text[])`,
    [fingerprints],
  );
  return rows.map(toStatus);
}

/** Writes what was found out, unless what is known stands against it ({@link rule}), and returns what then stands. */
export async function writeStatus(
  on: Pick<SqlRunner, 'query'>,
  status: CertificateStatus,
): Promise<CertificateStatus> {
  const { fingerprint, source, url, checkedAt, validUntil, thisUpdate, revokedAt, reason, detail } = status;
  const [written] = await on.query<Row>(
    `INSERT INTO certificate_status AS known
       (fingerprint, status, source, url, checked_at, valid_until, this_update, revoked_at, reason, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (fingerprint) DO UPDATE SET
       status = EXCLUDED.status, source = EXCLUDED.source, url = EXCLUDED.url,
       checked_at = EXCLUDED.checked_at, valid_until = EXCLUDED.valid_until,
       this_update = greatest(known.this_update, EXCLUDED.this_update),
       revoked_at = EXCLUDED.revoked_at, reason = EXCLUDED.reason, detail = EXCLUDED.detail
     WHERE ${rule}
     RETURNING ${columns}`,
    [fingerprint, status.status, source, url, checkedAt, validUntil, thisUpdate, revokedAt, reason, detail],
  );
  if (written !== undefined) return toStatus(written);
  const [standing] = await readStatuses(on, [fingerprint]);
  return standing ?? status;
}

/**
 * Deletes what was last found out before an instant, at most so many rows; revocations stay.
 *
 * @returns how many were deleted
 */
export async function pruneStatuses(
  on: Pick<SqlRunner, 'execute'>,
  checkedBefore: Date,
  atMost: number,
): Promise<number> {
  return await on.execute(
    `DELETE FROM certificate_status WHERE fingerprint IN (
       SELECT fingerprint FROM certificate_status WHERE checked_at < $1 AND status <> 'REVOKED' LIMIT $2)`,
    [checkedBefore, atMost],
  );
}

function toStatus({ url, thisUpdate, revokedAt, reason, ...row }: Row): CertificateStatus {
  return {
    ...row,
    ...(url !== null && { url }),
    // Kept beyond a verdict, to compare the next one with; it tells nothing about a status without one.
    ...(thisUpdate !== null && row.source !== 'NONE' && { thisUpdate }),
    ...(revokedAt !== null && { revokedAt }),
    ...(reason !== null && { reason }),
  };
}
