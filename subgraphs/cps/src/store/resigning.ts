import { recordWrite } from '@chargegraph/audit';
import type { Database } from '@chargegraph/database';
import type { ResigningStore, SignedContract } from '../domain/resigning.ts';
import type { SigningKey } from '../domain/signing-result.ts';
import { keyColumns, keyParams, selectedKey, toNext } from './signing-results.ts';

interface Row extends SigningKey {
  readonly exi: Uint8Array;
  readonly nextExi: Uint8Array | null;
  readonly nextSigner: string | null;
}

const toContract = ({ exi, nextExi, nextSigner, ...key }: Row): SignedContract => ({
  key,
  exi,
  next: toNext(nextExi, nextSigner),
});

/** What was signed is named by its key, and is the same as long as its octets are. */
const unchanged = `(${keyColumns}) = ($1, $2, $3, $4::namespace, $5) AND exi = $6`;
const unchangedParams = ({ key, exi }: SignedContract) => [...keyParams(key), Buffer.from(exi)];

/** The job's progress in PostgreSQL. */
export function createResigningStore(database: Database): ResigningStore {
  return {
    async due({ fingerprint, namespace }, isRetired, now, limit) {
      const isDue = isRetired
        ? "resign_due_at < 'infinity' AND (resign_due_at <= $3 OR resign_outcome = 'NOT_NEEDED')"
        : 'resign_due_at <= $3';
      const rows = await database.query<Row>(
        `SELECT ${selectedKey}, exi, next_exi AS "nextExi",
                next_signer_fingerprint AS "nextSigner"
           FROM signing_result
          WHERE signer_fingerprint = $1 AND namespace = $2 AND ${isDue}
          ORDER BY resign_due_at, ${keyColumns}
          LIMIT $4`,
        [fingerprint, namespace, now, limit],
      );
      return rows.map(toContract);
    },

    async keepNext(contract, next) {
      const kept = await database.execute(
        `UPDATE signing_result SET next_exi = $7, next_signer_fingerprint = $8 
          WHERE ${unchanged} AND next_exi IS NOT DISTINCT FROM $9`,
        [
          ...unchangedParams(contract),
          Buffer.from(next.exi),
          next.signerFingerprint,
          contract.next === undefined ? null : Buffer.from(contract.next.exi),
        ],
      );
      return kept === 1;
    },

    promote: (contract, next, act, now) =>
      database.transaction(async (tx) => {
        const promoted = await tx.execute(
          `UPDATE signing_result SET
             exi = next_exi, signer_fingerprint = next_signer_fingerprint,
             next_exi = NULL, next_signer_fingerprint = NULL,
             resign_due_at = '-infinity', resign_outcome = NULL, resign_detail = NULL
           WHERE ${unchanged} AND next_exi = $7`,
          [...unchangedParams(contract), Buffer.from(next.exi)],
        );
        if (promoted === 0) return;
        const object = `Contract ${contract.key.emaidIdentity}`;
        await recordWrite(tx, { act, action: 'resignContract', object, occurredAt: now });
      }),

    async settle(contract, { outcome, detail, dueAt }) {
      await database.execute(
        `UPDATE signing_result SET resign_outcome = $7, resign_detail = $8, resign_due_at = $9 WHERE ${unchanged}`,
        [...unchangedParams(contract), outcome, detail ?? null, dueAt === 'never' ? 'infinity' : dueAt],
      );
    },

    async progress({ fingerprint, namespace }) {
      const [row] = await database.query<{ open: number; refused: number; lastRefusal: string | null }>(
        `SELECT count(*) FILTER (WHERE resign_outcome IS NULL OR resign_outcome = 'FAILED')::int AS open,
                count(*) FILTER (WHERE resign_outcome = 'REFUSED')::int AS refused,
                (array_agg(resign_detail ORDER BY resign_due_at DESC)
                   FILTER (WHERE resign_outcome = 'REFUSED'))[1] AS "lastRefusal"
           FROM signing_result WHERE signer_fingerprint = $1 AND namespace = $2`,
        [fingerprint, namespace],
      );
      return { open: row?.open ?? 0, refused: row?.refused ?? 0, lastRefusal: row?.lastRefusal ?? undefined };
    },
  };
}
