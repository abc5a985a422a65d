import { recordWrite } from '@chargegraph/audit';
import type { Database, SqlRunner } from '@chargegraph/database';
import type { SigningKey, SigningResult, SigningResultStore } from '../domain/signing-result.ts';

type Row = Omit<SigningResult, 'key'>;

const keyParams = (key: SigningKey): string[] => [
  key.emaidIdentity,
  key.contractFingerprint,
  key.provisioningFingerprint,
  key.namespace,
  key.v2gRootFingerprint,
];

/** What was signed, in PostgreSQL. */
export function createSigningResultStore(database: Database): SigningResultStore {
  return {
    find: (key) => find(database, key),

    keep: (result, usableSigners, act) =>
      database.transaction(async (tx) => {
        // A conflict locks the row even where it is left as it is, so what is read next is what stays.
        const written = await tx.execute(
          `INSERT INTO signing_result
             (emaid_identity, contract_fingerprint, provisioning_fingerprint, namespace, v2g_root_fingerprint,
              input_digest, exi, signer_fingerprint, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           ON CONFLICT
             (emaid_identity, contract_fingerprint, provisioning_fingerprint, namespace, v2g_root_fingerprint)
           DO UPDATE SET
             input_digest = EXCLUDED.input_digest, exi = EXCLUDED.exi,
             signer_fingerprint = EXCLUDED.signer_fingerprint, created_at = EXCLUDED.created_at
           WHERE signing_result.input_digest <> EXCLUDED.input_digest
              OR signing_result.signer_fingerprint <> ALL ($10::text[])`,
          [
            ...keyParams(result.key),
            Buffer.from(result.inputDigest),
            Buffer.from(result.exi),
            result.signerFingerprint,
            result.createdAt,
            usableSigners,
          ],
        );
        if (written > 0) {
          await recordWrite(tx, {
            act,
            action: 'signContractData',
            object: `Contract ${result.key.emaidIdentity}`,
            occurredAt: result.createdAt,
          });
        }
        const kept = await find(tx, result.key);
        if (kept === undefined) throw new Error('What was signed was not stored.');
        return kept;
      }),
  };
}

async function find(runner: SqlRunner, key: SigningKey): Promise<SigningResult | undefined> {
  const rows = await runner.query<Row>(
    `SELECT input_digest AS "inputDigest", exi, signer_fingerprint AS "signerFingerprint",
            created_at AS "createdAt"
       FROM signing_result
      WHERE emaid_identity = $1 AND contract_fingerprint = $2 AND provisioning_fingerprint = $3
        AND namespace = $4 AND v2g_root_fingerprint = $5`,
    keyParams(key),
  );
  return rows[0] === undefined ? undefined : { key, ...rows[0] };
}
