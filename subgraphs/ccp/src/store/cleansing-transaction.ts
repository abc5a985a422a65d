import { isFinallyRevoked } from '@chargegraph/cleansing';
import type { Transaction } from '@chargegraph/database';
import { byCleansing, type CleansingTransaction, type JudgedData } from '../domain/cleanse-contracts.ts';
import type { Contract } from '../domain/contract.ts';
import type { DataKey } from '../domain/fill-ends.ts';
import { createContractTransaction } from './contract-transaction.ts';
import { contractColumns } from './rows.ts';

/** The columns of a {@link DataKey}, under its names. */
export const dataKeyColumns =
  'd.emaid_key AS "emaidKey", d.namespace, d.v2g_root_fingerprint AS "v2gRootFingerprint"';

/** Keys as three arrays, for `unnest($1::text[], $2::namespace[], $3::text[])`. */
export const dataKeyParams = (keys: readonly DataKey[]): readonly (readonly string[])[] => [
  keys.map(({ emaidKey }) => emaidKey),
  keys.map(({ namespace }) => namespace),
  keys.map(({ v2gRootFingerprint }) => v2gRootFingerprint),
];

/** Cleansing within an open database transaction. */
export function createCleansingTransaction(tx: Transaction, onEvent: () => void): CleansingTransaction {
  const contracts = createContractTransaction(tx, byCleansing(), onEvent);
  return {
    append: (change) => contracts.append(change),

    lockContracts: (emaidKeys) =>
      tx.query<Contract>(
        `SELECT ${contractColumns} FROM contract c WHERE c.emaid_key = ANY ($1::text[])
          ORDER BY c.emaid_key FOR UPDATE`,
        [emaidKeys],
      ),

    judgedData: (emaidKeys, now) =>
      tx.query<JudgedData>(
        `SELECT ${dataKeyColumns}, coalesce(d.contract_not_after <= $2, false) AS "hasEnded",
                EXISTS (SELECT FROM certificate_status s
                         WHERE s.fingerprint = d.contract_fingerprint AND ${isFinallyRevoked('s')}) AS "isRevoked"
           FROM signed_contract_data d WHERE d.emaid_key = ANY ($1::text[])
          ORDER BY d.emaid_key, d.namespace, d.v2g_root_fingerprint`,
        [emaidKeys, now],
      ),

    async removeContracts(emaidKeys) {
      await tx.execute('DELETE FROM contract WHERE emaid_key = ANY ($1::text[])', [emaidKeys]);
    },

    async removeData(keys) {
      await tx.execute(
        `DELETE FROM signed_contract_data WHERE (emaid_key, namespace, v2g_root_fingerprint)
           IN (SELECT * FROM unnest($1::text[], $2::namespace[], $3::text[]))`,
        dataKeyParams(keys),
      );
    },

    async removeDefaults(keys) {
      await tx.execute(
        `DELETE FROM contract_default WHERE (emaid_key, namespace)
           IN (SELECT * FROM unnest($1::text[], $2::namespace[]))`,
        [keys.map(({ emaidKey }) => emaidKey), keys.map(({ namespace }) => namespace)],
      );
    },

    async touch(emaidKeys, at) {
      await tx.execute('UPDATE contract SET updated_at = $2 WHERE emaid_key = ANY ($1::text[])', [
        emaidKeys,
        at,
      ]);
    },
  };
}
