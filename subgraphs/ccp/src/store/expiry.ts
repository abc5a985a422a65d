import type { Database } from '@chargegraph/database';
import { asOfOneMoment, countEnds, countRevoked, countWith, differentValues } from '@chargegraph/expiry';
import type { ChainCounts, DataCounts } from '../domain/expiry.ts';
import { dataColumns, toSignedData, type DataRow } from './rows.ts';

const table = 'signed_contract_data';

/** Counts signed data in PostgreSQL. */
export function createDataCounts(database: Database): DataCounts {
  const chainsBy = (column: string): ChainCounts => ({
    roots: () => differentValues(database, { table, column }),
    countUnder: (roots) => asOfOneMoment(database, (tx) => countWith(tx, { table, column }, roots)),
    async oneUnder(root) {
      const [row] = await database.query<DataRow & { readonly emaidKey: string }>(
        `SELECT d.emaid_key AS "emaidKey", ${dataColumns} FROM ${table} d WHERE d.${column} = $1 LIMIT 1`,
        [root],
      );
      return row && toSignedData(row.emaidKey, row);
    },
  });
  return {
    counts: (question) =>
      asOfOneMoment(database, async (tx) => ({
        contract: {
          ...(await countEnds(tx, { table, end: 'contract_not_after' }, question)),
          revoked: await countRevoked(tx, { table, fingerprint: 'contract_fingerprint' }),
        },
        cps: await countEnds(tx, { table, end: 'signer_ends_at' }, question),
      })),
    contract: chainsBy('contract_root_fingerprint'),
    cps: chainsBy('v2g_root_fingerprint'),
  };
}
