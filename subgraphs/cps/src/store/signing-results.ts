import { recordWrite } from '@chargegraph/audit';
import type { Database, SqlRunner } from '@chargegraph/database';
import type {
  IssuedContractCertificate,
  SigningKey,
  SigningResult,
  SigningResultStore,
} from '../domain/signing-result.ts';
import { derOf } from './rows.ts';

interface Row extends Omit<SigningResult, 'key' | 'next' | 'contractNotAfter'> {
  readonly contractNotAfter: Date | null;
  readonly nextExi: Uint8Array | null;
  readonly nextSigner: string | null;
}

/** The key's columns, in the order of {@link keyParams}. */
export const keyColumns =
  'emaid_identity, contract_fingerprint, provisioning_fingerprint, namespace, v2g_root_fingerprint';

/** The same, selected under the names of {@link SigningKey}. */
export const selectedKey = `emaid_identity AS "emaidIdentity", contract_fingerprint AS "contractFingerprint",
  provisioning_fingerprint AS "provisioningFingerprint", namespace, v2g_root_fingerprint AS "v2gRootFingerprint"`;

/** A key as parameters. */
export const keyParams = (key: SigningKey): string[] => [
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
        const written = await upsert(tx, result, usableSigners);
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

    keepGenerated: (result, issued, act) =>
      database.transaction(async (tx) => {
        await insertIssued(tx, result, issued);
        await upsert(tx, result, []);
        await recordWrite(tx, {
          act,
          action: 'generateContractData',
          object: `Contract ${result.key.emaidIdentity}`,
          occurredAt: result.createdAt,
        });
      }),
  };
}

/** A conflict locks the row even where it is left as it is, so what is read next is what stays. */
async function upsert(
  on: SqlRunner,
  result: SigningResult,
  usableSigners: readonly string[],
): Promise<number> {
  return await on.execute(
    `INSERT INTO signing_result (${keyColumns}, input_digest, exi, signer_fingerprint, created_at, contract_not_after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (${keyColumns}) DO UPDATE SET
       input_digest = EXCLUDED.input_digest, exi = EXCLUDED.exi,
       signer_fingerprint = EXCLUDED.signer_fingerprint, created_at = EXCLUDED.created_at,
       contract_not_after = EXCLUDED.contract_not_after, next_exi = NULL, next_signer_fingerprint = NULL,
       resign_due_at = '-infinity', resign_outcome = NULL, resign_detail = NULL
     WHERE signing_result.input_digest <> EXCLUDED.input_digest
        OR signing_result.signer_fingerprint <> ALL ($11::text[])`,
    [
      ...keyParams(result.key),
      Buffer.from(result.inputDigest),
      Buffer.from(result.exi),
      result.signerFingerprint,
      result.createdAt,
      result.contractNotAfter ?? null,
      usableSigners,
    ],
  );
}

async function find(runner: SqlRunner, key: SigningKey): Promise<SigningResult | undefined> {
  const rows = await runner.query<Row>(
    `SELECT input_digest AS "inputDigest", exi, signer_fingerprint AS "signerFingerprint",
            created_at AS "createdAt", contract_not_after AS "contractNotAfter", next_exi AS "nextExi", next_signer_fingerprint AS "nextSigner"
       FROM signing_result
      WHERE (${keyColumns}) = ($1, $2, $3, $4::namespace, $5)`,
    keyParams(key),
  );
  if (rows[0] === undefined) return undefined;
  const { nextExi, nextSigner, contractNotAfter, ...result } = rows[0];
  return {
    ...{ key, ...result, next: toNext(nextExi, nextSigner) },
    contractNotAfter: contractNotAfter ?? undefined,
  };
}

/** What takes the place of a result, from its columns. */
export const toNext = (exi: Uint8Array | null, signerFingerprint: string | null): SigningResult['next'] =>
  exi === null || signerFingerprint === null ? undefined : { exi, signerFingerprint };

async function insertIssued(
  on: SqlRunner,
  { key, createdAt }: SigningResult,
  { certificate, caFingerprint, emaid, pcid }: IssuedContractCertificate,
): Promise<void> {
  await on.execute(
    `INSERT INTO issued_certificate
       (fingerprint, ca_fingerprint, namespace, serial_number, der, emaid, emaid_identity, pcid, not_before,
        not_after, issued_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      certificate.fingerprint,
      caFingerprint,
      key.namespace,
      certificate.serialNumber.toString(),
      derOf(certificate),
      emaid,
      key.emaidIdentity,
      pcid,
      certificate.notBefore,
      certificate.notAfter,
      createdAt,
    ],
  );
}
