import type { StoredChains } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import type { VehicleKey } from '../domain/provisioning-certificate.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

/** All provisioning certificates with their chains, for asking about them; in PostgreSQL. */
export function createStoredChains(database: Database): StoredChains<VehicleKey> {
  return {
    async page(after, limit, now) {
      const rows = await database.query<
        VehicleKey & { readonly fingerprint: string; readonly hasEnded: boolean; readonly family: string }
      >(
        `SELECT pcid, namespace, fingerprint, not_after <= $1 AS "hasEnded",
                md5(sub_ca_ders::text) || root_fingerprint AS family
           FROM provisioning_certificate
          WHERE $2::text IS NULL OR (pcid, namespace) > ($2, $3::namespace)
          ORDER BY pcid, namespace LIMIT $4`,
        [now, after?.pcid ?? null, after?.namespace ?? null, limit],
      );
      return rows.map(({ pcid, namespace, ...leaf }) => ({ place: { pcid, namespace }, ...leaf }));
    },

    async read(places) {
      const rows = await database.query<Row>(
        `SELECT ${columns} FROM provisioning_certificate
          WHERE (pcid, namespace) IN (SELECT * FROM unnest($1::text[], $2::namespace[]))`,
        [places.map(({ pcid }) => pcid), places.map(({ namespace }) => namespace)],
      );
      return rows.map((row) => {
        try {
          const { leaf, subCas, root } = toProvisioningCertificate(row);
          return [[leaf, ...subCas, root]];
        } catch (cause) {
          return new Error(`The chain of ${row.pcid} cannot be read.`, { cause });
        }
      });
    },
  };
}
