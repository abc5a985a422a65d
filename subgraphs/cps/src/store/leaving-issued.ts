import { recordWrite } from '@chargegraph/audit';
import type { Leaving } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { byCleansing } from '../domain/cleansing-act.ts';

/** An issued certificate that seems to have to go. */
export interface LeavingIssued {
  readonly fingerprint: string;
  readonly notAfter: Date;
}

const day = 86_400_000;

/** What a CA issued is asked for after its end too: disputes, and late questions of a responder. */
const keptFor = 90 * day;

const before = (now: Date) => new Date(now.getTime() - keptFor);

/** The issued certificates that ended long ago, in PostgreSQL. */
export function createLeavingIssued(database: Database): Leaving<LeavingIssued> {
  return {
    ended: (now, after, limit) =>
      database.query<LeavingIssued>(
        `SELECT fingerprint, not_after AS "notAfter" FROM issued_certificate
          WHERE not_after <= $1 AND ($2::timestamptz IS NULL OR (not_after, fingerprint) > ($2, $3::text))
          ORDER BY not_after, fingerprint LIMIT $4`,
        [before(now), after?.notAfter ?? null, after?.fingerprint ?? null, limit],
      ),

    remove: (keys, now) =>
      database.transaction(async (tx) => {
        const removed = await tx.query<{ fingerprint: string }>(
          `DELETE FROM issued_certificate WHERE fingerprint = ANY ($1::text[]) AND not_after <= $2
            RETURNING fingerprint`,
          [keys.map(({ fingerprint }) => fingerprint), before(now)],
        );
        for (const { fingerprint } of removed) {
          const object = `IssuedCertificate ${fingerprint}`;
          await recordWrite(tx, { ...byCleansing(), object, occurredAt: now });
        }
        return { expired: removed.length, revoked: 0 };
      }),
  };
}
