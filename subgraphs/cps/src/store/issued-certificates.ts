import { recordWrite } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';
import type {
  ContractRevocationReason,
  IssuedCertificateStore,
  IssuedCounts,
  Revocation,
} from '../domain/issued-certificate.ts';
import type { Namespace } from '../domain/signer.ts';

interface RevokedRow {
  readonly der: Uint8Array;
  readonly caFingerprint: string;
  readonly namespace: Namespace;
  readonly emaid: string;
  readonly revokedAt: Date;
  readonly reason: ContractRevocationReason;
}

/** The certificates that the service's CAs issued, in PostgreSQL. */
export function createIssuedCertificateStore(database: Database): IssuedCertificateStore {
  return {
    revoke: (revocations, { act, action, now }, place) =>
      database.transaction(async (tx) => {
        const changed = await revoke(tx, revocations);
        for (const { emaidIdentity } of changed) {
          await recordWrite(tx, { act, action, object: `Contract ${emaidIdentity}`, occurredAt: now });
        }
        if (place !== undefined) await moveTo(tx, place);
        return changed.length;
      }),

    async findRevoked(fingerprint) {
      const [row] = await database.query<RevokedRow>(
        `SELECT der, ca_fingerprint AS "caFingerprint", namespace, emaid, revoked_at AS "revokedAt",
                revocation_reason AS reason
           FROM issued_certificate WHERE fingerprint = $1 AND revoked_at IS NOT NULL`,
        [fingerprint],
      );
      if (row === undefined) return undefined;
      const { der, caFingerprint, namespace, ...rest } = row;
      return { ...rest, certificate: parseCertificate(der), ca: { fingerprint: caFingerprint, namespace } };
    },

    async counts({ fingerprint, namespace }) {
      const [row] = await database.query<IssuedCounts>(
        `SELECT count(*)::int AS issued, count(revoked_at)::int AS revoked
           FROM issued_certificate WHERE ca_fingerprint = $1 AND namespace = $2`,
        [fingerprint, namespace],
      );
      return row ?? { issued: 0, revoked: 0 };
    },

    async place() {
      const [row] = await database.query<{ readonly place: Date }>('SELECT place FROM revocation_place');
      return row?.place;
    },

    async forget() {
      await database.execute('DELETE FROM revocation_place');
    },
  };
}

interface Changed {
  readonly caFingerprint: string;
  readonly namespace: Namespace;
  readonly emaidIdentity: string;
}

/** Rows are locked in the order of their fingerprints, and the CAs after them, so that units do not wait in a circle. */
async function revoke(tx: Transaction, revocations: readonly Revocation[]): Promise<Changed[]> {
  if (revocations.length === 0) return [];
  const changed = await tx.query<Changed>(
    `WITH found AS (
       SELECT i.fingerprint, r.at, r.reason
         FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS r (fingerprint, at, reason)
         JOIN issued_certificate i USING (fingerprint)
        WHERE i.revoked_at IS NULL ORDER BY i.fingerprint FOR UPDATE OF i)
     UPDATE issued_certificate i SET revoked_at = found.at, revocation_reason = found.reason
       FROM found WHERE i.fingerprint = found.fingerprint
     RETURNING i.ca_fingerprint AS "caFingerprint", i.namespace, i.emaid_identity AS "emaidIdentity"`,
    [
      revocations.map(({ fingerprint }) => fingerprint),
      revocations.map(({ at }) => at),
      revocations.map(({ reason }) => reason),
    ],
  );
  const cas = new Map(changed.map((row) => [`${row.caFingerprint} ${row.namespace}`, row]));
  for (const [, { caFingerprint, namespace }] of [...cas].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await tx.execute(
      'UPDATE contract_ca SET revocations = revocations + 1 WHERE fingerprint = $1 AND namespace = $2',
      [caFingerprint, namespace],
    );
  }
  return changed;
}

async function moveTo(tx: Transaction, place: Date): Promise<void> {
  await tx.execute(
    `INSERT INTO revocation_place AS p (place) VALUES ($1)
     ON CONFLICT (only_row) DO UPDATE SET place = greatest(p.place, excluded.place)`,
    [place],
  );
}
