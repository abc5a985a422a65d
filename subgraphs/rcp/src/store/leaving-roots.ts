import { recordWrite } from '@chargegraph/audit';
import { isFinallyRevoked, type Leaving } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import { byCleansing, departureOf, rootFacts, type RevocationNote } from '../domain/departure.ts';
import { rootColumns, toRoot, type RootRow } from './row.ts';

/** A root that seems to have to go. */
export interface LeavingRoot {
  readonly fingerprint: string;
  readonly notAfter: Date;
}

const keyColumns = 'fingerprint, not_after AS "notAfter"';

type Row = RootRow & { readonly revokedAt: Date | null; readonly revocationReason: string | null };

const revocationOf = ({ revokedAt, revocationReason }: Row): RevocationNote | undefined =>
  revokedAt === null ? undefined : { at: revokedAt, reason: revocationReason ?? undefined };

/** The roots that have ended or are revoked, in PostgreSQL. */
export function createLeavingRoots({
  database,
  onEvent,
}: {
  readonly database: Database;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): Leaving<LeavingRoot> {
  return {
    ended: (now, after, limit) =>
      database.query<LeavingRoot>(
        `SELECT ${keyColumns} FROM root_certificate
          WHERE not_after <= $1 AND ($2::timestamptz IS NULL OR (not_after, fingerprint) > ($2, $3::text))
          ORDER BY not_after, fingerprint LIMIT $4`,
        [now, after?.notAfter ?? null, after?.fingerprint ?? null, limit],
      ),

    revoked: (fingerprints, now) =>
      database.query<LeavingRoot>(
        `SELECT ${keyColumns} FROM root_certificate
          WHERE fingerprint = ANY ($1::text[]) AND not_after > $2 ORDER BY fingerprint`,
        [fingerprints, now],
      ),

    remove: (keys, now, byRevocation) =>
      database.transaction(async (tx) => {
        const rows = await tx.query<Row>(
          `SELECT ${rootColumns}, s.revoked_at AS "revokedAt", s.reason AS "revocationReason"
             FROM root_certificate r
             LEFT JOIN certificate_status s
               ON $3 AND s.fingerprint = r.fingerprint AND ${isFinallyRevoked('s')}
            WHERE r.fingerprint = ANY ($1::text[]) AND (r.not_after <= $2 OR s.fingerprint IS NOT NULL)
            ORDER BY r.fingerprint FOR UPDATE OF r`,
          [keys.map(({ fingerprint }) => fingerprint), now, byRevocation],
        );
        const removed = { expired: 0, revoked: 0 };
        for (const row of rows) {
          const root = toRoot(row);
          const departure = departureOf(root, revocationOf(row), now);
          if (departure === undefined) continue;
          const { fingerprint } = root.certificate;
          await tx.execute('DELETE FROM root_certificate WHERE fingerprint = $1', [fingerprint]);
          const { type, reason } = departure;
          await appendEvent(tx, { type, occurredAt: now, facts: { ...rootFacts(root), reason } });
          await recordWrite(tx, {
            ...byCleansing(),
            object: `RootCertificate ${fingerprint}`,
            occurredAt: now,
          });
          removed[type === 'ROOT_CERT_EXPIRED' ? 'expired' : 'revoked']++;
        }
        if (rows.length > 0) tx.afterCommit(onEvent);
        return removed;
      }),
  };
}
