import type { StoredChains } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';

/** All roots, for asking about them; in PostgreSQL. A place is a fingerprint. */
export function createStoredRoots(database: Database): StoredChains<string> {
  return {
    async page(after, limit, now) {
      const rows = await database.query<{ fingerprint: string; hasEnded: boolean }>(
        `SELECT fingerprint, not_after <= $1 AS "hasEnded" FROM root_certificate
          WHERE $2::text IS NULL OR fingerprint > $2 ORDER BY fingerprint LIMIT $3`,
        [now, after ?? null, limit],
      );
      return rows.map(({ fingerprint, hasEnded }) => ({
        ...{ place: fingerprint, fingerprint, hasEnded },
        family: 'roots',
      }));
    },

    async read(places) {
      const rows = await database.query<{ der: Uint8Array }>(
        'SELECT der FROM root_certificate WHERE fingerprint = ANY ($1::text[])',
        [places],
      );
      // Whether a root is revoked only it itself can say.
      return rows.map(({ der }) => {
        const root = parseCertificate(der);
        return [[root, root]];
      });
    },
  };
}
