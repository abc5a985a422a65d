import type { Database } from '@chargegraph/database';
import { asOfOneMoment, countEnds, countRevoked, countWith, differentValues } from '@chargegraph/expiry';
import type { CertificateCounts } from '../domain/expiry.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

const table = 'provisioning_certificate';
const byRoot = { table, column: 'root_fingerprint' };

/** Counts the certificates in PostgreSQL. */
export function createCertificateCounts(database: Database): CertificateCounts {
  return {
    counts: (question) =>
      asOfOneMoment(database, async (tx) => ({
        ...(await countEnds(tx, { table, end: 'not_after' }, question)),
        revoked: await countRevoked(tx, { table, fingerprint: 'fingerprint' }),
      })),
    roots: () => differentValues(database, byRoot),
    countUnder: (roots) => asOfOneMoment(database, (tx) => countWith(tx, byRoot, roots)),
    async oneUnder(root) {
      const [row] = await database.query<Row>(
        `SELECT ${columns} FROM ${table} WHERE root_fingerprint = $1 ORDER BY root_fingerprint, published_at LIMIT 1`,
        [root],
      );
      return row && toProvisioningCertificate(row);
    },
  };
}
