import type { Database } from '@chargegraph/database';
import type { DataWithoutEnds } from '../domain/fill-ends.ts';
import { dataColumns, toSignedData, type DataRow } from './rows.ts';

/** Data whose ends were not noted when it was stored, in PostgreSQL. */
export function createDataWithoutEnds(database: Database): DataWithoutEnds {
  return {
    async read(after, limit) {
      const rows = await database.query<DataRow & { readonly emaidKey: string }>(
        `SELECT d.emaid_key AS "emaidKey", ${dataColumns} FROM signed_contract_data d
          WHERE d.signer_fingerprint IS NULL
            AND ($1::text IS NULL OR (d.emaid_key, d.namespace, d.v2g_root_fingerprint) > ($1, $2::namespace, $3::text))
          ORDER BY d.emaid_key, d.namespace, d.v2g_root_fingerprint LIMIT $4`,
        [after?.emaidKey ?? null, after?.namespace ?? null, after?.v2gRootFingerprint ?? null, limit],
      );
      return rows.map((row) => toSignedData(row.emaidKey, row));
    },

    async fill({ emaidKey, namespace, v2gRoot, exi }, ends) {
      await database.execute(
        `UPDATE signed_contract_data SET signer_fingerprint = $5, signer_ends_at = $6, contract_not_after = $7,
            contract_chain_ends_at = $8
          WHERE emaid_key = $1 AND namespace = $2 AND v2g_root_fingerprint = $3
            AND signer_fingerprint IS NULL AND exi = $4`,
        [
          emaidKey,
          namespace,
          v2gRoot.fingerprint,
          Buffer.from(exi),
          ends.signerFingerprint,
          ends.signerEndsAt,
          ends.contractNotAfter,
          ends.contractChainEndsAt,
        ],
      );
    },
  };
}
