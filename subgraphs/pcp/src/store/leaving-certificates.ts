import { isFinallyRevoked, type Leaving } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import type { Pcid } from '@chargegraph/iso15118';
import type { ProvisioningCertificate, VehicleKey, Writing } from '../domain/provisioning-certificate.ts';
import { deletion } from '../domain/provisioning-change.ts';
import { changeRows, lockCars } from './change-rows.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

/** A certificate that seems to have to go. */
export interface LeavingCertificate extends VehicleKey {
  readonly notAfter: Date;
}

const keyColumns = 'pcid, namespace, not_after AS "notAfter"';

/** The provisioning certificates that have ended or are revoked, in PostgreSQL. */
export function createLeavingCertificates({
  database,
  by,
  onEvent,
}: {
  readonly database: Database;
  /** In whose name they are deleted, anew for each transaction. */
  readonly by: () => Writing;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): Leaving<LeavingCertificate> {
  return {
    ended: (now, after, limit) =>
      database.query<LeavingCertificate>(
        `SELECT ${keyColumns} FROM provisioning_certificate
          WHERE not_after <= $1
            AND ($2::timestamptz IS NULL OR (not_after, pcid, namespace) > ($2, $3::text, $4::namespace))
          ORDER BY not_after, pcid, namespace LIMIT $5`,
        [now, after?.notAfter ?? null, after?.pcid ?? null, after?.namespace ?? null, limit],
      ),

    revoked: (fingerprints, now) =>
      database.query<LeavingCertificate>(
        `SELECT ${keyColumns} FROM provisioning_certificate
          WHERE fingerprint = ANY ($1::text[]) AND not_after > $2 ORDER BY pcid, namespace`,
        [fingerprints, now],
      ),

    remove: (keys, now, byRevocation) =>
      database.transaction(async (tx) => {
        await lockCars(
          tx,
          keys.map(({ pcid }) => pcid),
        );
        // What was renewed while it was waited for stays.
        const rows = await tx.query<Row>(
          `SELECT ${columns} FROM provisioning_certificate p
            WHERE (pcid, namespace) IN (SELECT * FROM unnest($1::text[], $2::namespace[]))
              AND (not_after <= $3 OR ($4 AND EXISTS (
                SELECT FROM certificate_status s WHERE s.fingerprint = p.fingerprint AND ${isFinallyRevoked('s')})))
            ORDER BY pcid, namespace`,
          [keys.map(({ pcid }) => pcid), keys.map(({ namespace }) => namespace), now, byRevocation],
        );
        const leaving = rows.map(toProvisioningCertificate);
        for (const [pcid, before] of byCar(leaving)) {
          const changes = before.map((row) => deletion(row, now));
          await changeRows(tx, { pcid, before }, changes, by());
        }
        if (leaving.length > 0) tx.afterCommit(onEvent);
        const expired = leaving.filter(({ leaf }) => leaf.notAfter <= now).length;
        return { expired, revoked: leaving.length - expired };
      }),
  };
}

function byCar(rows: readonly ProvisioningCertificate[]): Map<Pcid, ProvisioningCertificate[]> {
  const cars = new Map<Pcid, ProvisioningCertificate[]>();
  for (const row of rows) cars.set(row.pcid, [...(cars.get(row.pcid) ?? []), row]);
  return cars;
}
