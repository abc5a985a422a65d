import type { Leaving } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { cleanseContracts, type CleansingTransaction } from '../domain/cleanse-contracts.ts';
import type { DataKey } from '../domain/fill-ends.ts';
import { createCleansingTransaction, dataKeyColumns } from './cleansing-transaction.ts';

/** Data that seems to have to go. */
export interface LeavingData extends DataKey {
  readonly contractNotAfter: Date | null;
}

const columns = `${dataKeyColumns}, d.contract_not_after AS "contractNotAfter"`;
const order = 'd.contract_not_after, d.emaid_key, d.namespace, d.v2g_root_fingerprint';

/** Contract data whose contract certificate has ended or is revoked, in PostgreSQL. */
export function createLeavingData({
  database,
  onEvent,
  transaction = (work) => database.transaction((tx) => work(createCleansingTransaction(tx, onEvent))),
}: {
  readonly database: Database;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
  /** Runs `work` as one unit: all of it happens, or nothing. */
  readonly transaction?: <T>(work: (tx: CleansingTransaction) => Promise<T>) => Promise<T>;
}): Leaving<LeavingData> {
  return {
    ended: (now, after, limit) =>
      database.query<LeavingData>(
        `SELECT ${columns} FROM signed_contract_data d
          WHERE d.contract_not_after <= $1
            AND ($2::timestamptz IS NULL OR (${order}) > ($2, $3::text, $4::namespace, $5::text))
          ORDER BY ${order} LIMIT $6`,
        [
          now,
          after?.contractNotAfter ?? null,
          after?.emaidKey ?? null,
          after?.namespace ?? null,
          after?.v2gRootFingerprint ?? null,
          limit,
        ],
      ),

    revoked: (fingerprints, now) =>
      database.query<LeavingData>(
        `SELECT ${columns} FROM signed_contract_data d
          WHERE d.contract_fingerprint = ANY ($1::text[]) AND coalesce(d.contract_not_after > $2, true)
          ORDER BY d.emaid_key, d.namespace, d.v2g_root_fingerprint`,
        [fingerprints, now],
      ),

    remove: (keys, now, byRevocation) =>
      transaction((tx) =>
        cleanseContracts(
          tx,
          keys.map(({ emaidKey }) => emaidKey),
          now,
          byRevocation,
        ),
      ),
  };
}
