import type { Database } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';
import type { ContractRevocationReason } from '../domain/issued-certificate.ts';
import type { RevocationListStore } from '../domain/revocation-list.ts';
import type { Namespace } from '../domain/signer.ts';

interface ListRow {
  readonly der: Uint8Array;
  readonly number: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

interface DueRow {
  readonly der: Uint8Array;
  readonly namespace: Namespace;
  readonly keyReference: string;
  readonly revocations: string;
  readonly lastNumber: string | null;
}

interface EntryRow {
  readonly serialNumber: string;
  readonly revokedAt: Date;
  readonly reason: ContractRevocationReason;
}

const hour = 3_600_000;

/** The revocation lists in PostgreSQL. */
export function createRevocationListStore(database: Database): RevocationListStore {
  return {
    async find(fingerprint, namespace) {
      const [row] = await database.query<ListRow>(
        `SELECT der, number, this_update AS "thisUpdate", next_update AS "nextUpdate" FROM contract_ca_crl
          WHERE ca_fingerprint = $1 AND ($2::namespace IS NULL OR namespace = $2)
          ORDER BY namespace LIMIT 1`,
        [fingerprint, namespace ?? null],
      );
      return row && { ...row, number: BigInt(row.number) };
    },

    async due(now, { validity, gap }) {
      const rows = await database.query<DueRow>(
        `SELECT c.der, c.namespace, c.key_reference AS "keyReference", c.revocations, l.number AS "lastNumber"
           FROM contract_ca_crl l
          RIGHT JOIN contract_ca c ON l.ca_fingerprint = c.fingerprint AND l.namespace = c.namespace
          WHERE (l.number IS NULL OR l.next_update <= $2 OR (l.revocations <> c.revocations AND l.this_update <= $3)
                 OR l.next_update > $4)
            AND (c.retired_at IS NULL OR EXISTS (
              SELECT FROM issued_certificate i
               WHERE i.ca_fingerprint = c.fingerprint AND i.namespace = c.namespace AND i.not_after > $1))
          ORDER BY c.fingerprint, c.namespace`,
        [
          now,
          new Date(now.getTime() + validity / 2),
          new Date(now.getTime() - gap),
          new Date(now.getTime() + validity + hour),
        ],
      );
      return rows.map(({ der, revocations, lastNumber, ...row }) => ({
        ...row,
        certificate: parseCertificate(der),
        revocations: BigInt(revocations),
        lastNumber: lastNumber === null ? undefined : BigInt(lastNumber),
      }));
    },

    async entries({ fingerprint, namespace }, now) {
      const rows = await database.query<EntryRow>(
        `SELECT serial_number AS "serialNumber", revoked_at AS "revokedAt", revocation_reason AS reason
           FROM issued_certificate
          WHERE ca_fingerprint = $1 AND namespace = $2 AND revoked_at IS NOT NULL AND not_after > $3
          ORDER BY serial_number`,
        [fingerprint, namespace, now],
      );
      return rows.map(({ serialNumber, ...row }) => ({ ...row, serialNumber: BigInt(serialNumber) }));
    },

    async keep({ certificate, namespace, revocations }, { der, number, thisUpdate, nextUpdate }) {
      const kept = await database.execute(
        `INSERT INTO contract_ca_crl AS l
           (ca_fingerprint, namespace, der, number, this_update, next_update, revocations)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (ca_fingerprint, namespace) DO UPDATE SET
           der = excluded.der, number = excluded.number, this_update = excluded.this_update,
           next_update = excluded.next_update, revocations = excluded.revocations
         WHERE l.number < excluded.number`,
        [
          certificate.fingerprint,
          namespace,
          Buffer.from(der),
          number.toString(),
          thisUpdate,
          nextUpdate,
          revocations.toString(),
        ],
      );
      return kept === 1;
    },
  };
}
