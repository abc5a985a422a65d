import type { Database } from '@chargegraph/database';
import type { EndingData, EndingSignersStore, Horizon } from '../domain/report-ending-signers.ts';
import { createContractTransaction } from './contract-transaction.ts';

const columns = `d.emaid_key AS "emaidKey", d.namespace, d.v2g_root_fingerprint AS "v2gRootFingerprint",
  d.signer_fingerprint AS "signerFingerprint", d.signer_ends_at AS "signerEndsAt"`;

const order = 'd.signer_ends_at, d.emaid_key, d.namespace, d.v2g_root_fingerprint';

/** True of a row that is to be told of: $1 to $3 are those of {@link horizonParams}. */
const isDue = `d.signer_end_told_at IS NULL AND d.contract_not_after > d.signer_ends_at
  AND d.contract_not_after > $1 AND d.signer_ends_at < $2
  AND (d.signer_ends_at < $3
       OR (d.by_own_service = false
           AND NOT EXISTS (SELECT FROM own_signer o WHERE o.fingerprint = d.signer_fingerprint)))`;

const horizonParams = ({ now, elsewhere, ours }: Horizon) => [now, elsewhere, ours];

/** Which signers end, in PostgreSQL. */
export function createEndingSignersStore(
  database: Database,
  /** Called after each commit that brought an event. */
  onEvent: () => void,
): EndingSignersStore {
  return {
    due: (horizon, after, limit) =>
      database.query<EndingData>(
        `SELECT ${columns} FROM signed_contract_data d
          WHERE ${isDue} AND ($4::timestamptz IS NULL OR (${order}) > ($4, $5::text, $6::namespace, $7::text))
          ORDER BY ${order} LIMIT $8`,
        [
          ...horizonParams(horizon),
          after?.signerEndsAt ?? null,
          after?.emaidKey ?? null,
          after?.namespace ?? null,
          after?.v2gRootFingerprint ?? null,
          limit,
        ],
      ),

    transaction: (work, by) =>
      database.transaction((tx) =>
        work({
          ...createContractTransaction(tx, by, onEvent),

          async noteTold({ emaidKey, namespace, v2gRootFingerprint }, horizon) {
            const [told] = await tx.query<EndingData>(
              `UPDATE signed_contract_data d SET signer_end_told_at = $1
                WHERE d.emaid_key = $4 AND d.namespace = $5 AND d.v2g_root_fingerprint = $6 AND ${isDue}
                RETURNING ${columns}`,
              [...horizonParams(horizon), emaidKey, namespace, v2gRootFingerprint],
            );
            return told;
          },
        }),
      ),
  };
}
