import { recordWrite } from '@chargegraph/audit';
import type { Leaving } from '@chargegraph/cleansing';
import type { Database } from '@chargegraph/database';
import { byCleansing } from '../domain/cleansing-act.ts';
import type { SigningKey } from '../domain/signing-result.ts';
import { keyColumns, selectedKey } from './signing-results.ts';

/** A result that seems to have to go. */
export interface LeavingResult extends SigningKey {
  readonly contractNotAfter: Date;
}

/** Keys as five arrays, for {@link ofKeys}. */
export const keyArrays = (keys: readonly SigningKey[]): readonly (readonly string[])[] => [
  keys.map(({ emaidIdentity }) => emaidIdentity),
  keys.map(({ contractFingerprint }) => contractFingerprint),
  keys.map(({ provisioningFingerprint }) => provisioningFingerprint),
  keys.map(({ namespace }) => namespace),
  keys.map(({ v2gRootFingerprint }) => v2gRootFingerprint),
];

/** Rows of keys that are the first five parameters. */
export const keysGiven = 'unnest($1::text[], $2::text[], $3::text[], $4::namespace[], $5::text[])';

/**
 * What was signed of contracts that have ended, in PostgreSQL: nobody may be given it, and signing it anew takes nothing of
 * it, since that leaves ended contracts alone.
 */
export function createLeavingResults(database: Database): Leaving<LeavingResult> {
  return {
    ended: (now, after, limit) =>
      database.query<LeavingResult>(
        `SELECT ${selectedKey}, contract_not_after AS "contractNotAfter" FROM signing_result
          WHERE contract_not_after <= $1
            AND ($2::timestamptz IS NULL
                 OR (contract_not_after, ${keyColumns}) > ($2, $3::text, $4::text, $5::text, $6::namespace, $7::text))
          ORDER BY contract_not_after, ${keyColumns} LIMIT $8`,
        [
          now,
          after?.contractNotAfter ?? null,
          after?.emaidIdentity ?? null,
          after?.contractFingerprint ?? null,
          after?.provisioningFingerprint ?? null,
          after?.namespace ?? null,
          after?.v2gRootFingerprint ?? null,
          limit,
        ],
      ),

    remove: (keys, now) =>
      database.transaction(async (tx) => {
        const removed = await tx.query<{ emaidIdentity: string }>(
          `DELETE FROM signing_result
            WHERE (${keyColumns}) IN (SELECT * FROM ${keysGiven}) AND contract_not_after <= $6
            RETURNING emaid_identity AS "emaidIdentity"`,
          [...keyArrays(keys), now],
        );
        for (const { emaidIdentity } of removed) {
          await recordWrite(tx, {
            ...byCleansing(),
            object: `Contract ${emaidIdentity}`,
            occurredAt: now,
          });
        }
        return { expired: removed.length, revoked: 0 };
      }),
  };
}
