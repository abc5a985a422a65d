import { recordWrite } from '@chargegraph/audit';
import type { Transaction } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import type { ContractTransaction, Doing } from '../domain/contract-store.ts';
import { contractColumns, dataColumns, toSignedData, type ContractRow, type DataRow } from './rows.ts';

/** One unit of work in an open database transaction. */
export function createContractTransaction(
  tx: Transaction,
  by: Doing,
  onEvent: () => void,
): ContractTransaction {
  const recorded = new Set<string>();
  return {
    async lockCar(pcid) {
      await tx.execute("SELECT pg_advisory_xact_lock(hashtext('car'), hashtext($1))", [pcid]);
    },

    async lock(emaidKey) {
      const rows = await tx.query<ContractRow>(
        `SELECT ${contractColumns} FROM contract c WHERE c.emaid_key = $1 FOR UPDATE`,
        [emaidKey],
      );
      return rows[0];
    },

    async insert(contract) {
      const inserted = await tx.execute(
        `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (emaid_key) DO NOTHING`,
        [
          contract.emaidKey,
          contract.emaid,
          contract.pcid,
          contract.pcidShown,
          contract.wmi,
          contract.providerId,
          contract.createdAt,
          contract.updatedAt,
        ],
      );
      return inserted === 1;
    },

    async update({ emaidKey, emaid, updatedAt }) {
      await tx.execute('UPDATE contract SET emaid = $2, updated_at = $3 WHERE emaid_key = $1', [
        emaidKey,
        emaid,
        updatedAt,
      ]);
    },

    async remove(emaidKey) {
      await tx.execute('DELETE FROM contract WHERE emaid_key = $1', [emaidKey]);
    },

    async signedData(emaidKey) {
      const rows = await tx.query<DataRow & { readonly epoch: string }>(
        `SELECT ${dataColumns}, d.epoch FROM signed_contract_data d WHERE d.emaid_key = $1
          ORDER BY d.namespace, d.v2g_root_fingerprint`,
        [emaidKey],
      );
      return rows.map((row) => ({ ...toSignedData(emaidKey, row), epoch: BigInt(row.epoch) }));
    },

    async putSignedData(data) {
      await tx.execute(
        `INSERT INTO signed_contract_data
           (emaid_key, namespace, v2g_root_fingerprint, v2g_root_subject, v2g_root_serial_number,
            contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at, epoch,
            signer_fingerprint, signer_ends_at, contract_not_after, contract_chain_ends_at, by_own_service)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (emaid_key, namespace, v2g_root_fingerprint) DO UPDATE SET
           v2g_root_subject = excluded.v2g_root_subject,
           v2g_root_serial_number = excluded.v2g_root_serial_number,
           contract_root_fingerprint = excluded.contract_root_fingerprint,
           contract_fingerprint = excluded.contract_fingerprint,
           begins_at = excluded.begins_at,
           ends_at = excluded.ends_at,
           exi = excluded.exi,
           stored_at = excluded.stored_at,
           epoch = excluded.epoch,
           signer_fingerprint = excluded.signer_fingerprint,
           signer_ends_at = excluded.signer_ends_at,
           contract_not_after = excluded.contract_not_after,
           contract_chain_ends_at = excluded.contract_chain_ends_at,
           by_own_service = excluded.by_own_service,
           signer_end_told_at = NULL`,
        [
          data.emaidKey,
          data.namespace,
          data.v2gRoot.fingerprint,
          data.v2gRoot.subject,
          data.v2gRoot.serialNumber.toString(),
          data.contractRootFingerprint,
          data.contractFingerprint,
          data.beginsAt,
          data.endsAt,
          data.exi,
          data.storedAt,
          data.epoch.toString(),
          data.signerFingerprint,
          data.signerEndsAt,
          data.contractNotAfter,
          data.contractChainEndsAt,
          data.byOwnService,
        ],
      );
      if (!data.byOwnService) return;
      await tx.execute('INSERT INTO own_signer (fingerprint) VALUES ($1) ON CONFLICT DO NOTHING', [
        data.signerFingerprint,
      ]);
    },

    async removeSignedData(emaidKey, namespace) {
      await tx.execute('DELETE FROM signed_contract_data WHERE emaid_key = $1 AND namespace = $2', [
        emaidKey,
        namespace,
      ]);
      await tx.execute('DELETE FROM contract_default WHERE emaid_key = $1 AND namespace = $2', [
        emaidKey,
        namespace,
      ]);
    },

    async hasContract(pcid, namespace, epoch) {
      const rows = await tx.query<{ found: boolean }>(
        `SELECT EXISTS (SELECT FROM contract c JOIN signed_contract_data d USING (emaid_key)
                         WHERE c.pcid = $1 AND d.namespace = $2 AND (d.epoch >= $3 OR d.epoch = 0)) AS found`,
        [pcid, namespace, epoch.toString()],
      );
      return rows[0]?.found === true;
    },

    async setDefault(pcid, namespace, emaidKey) {
      const changed = await tx.execute(
        `INSERT INTO contract_default AS d (pcid, namespace, emaid_key) VALUES ($1, $2, $3)
         ON CONFLICT (pcid, namespace) DO UPDATE SET emaid_key = $3 WHERE d.emaid_key <> $3`,
        [pcid, namespace, emaidKey],
      );
      return changed === 1;
    },

    async reachEpoch(pcid, namespace, epoch) {
      const changed = await tx.execute(
        `INSERT INTO car_epoch AS e (pcid, namespace, epoch) VALUES ($1, $2, $3)
         ON CONFLICT (pcid, namespace) DO UPDATE SET epoch = $3, closed = false
         WHERE e.epoch < $3 OR (e.epoch = $3 AND NOT e.closed)`,
        [pcid, namespace, epoch.toString()],
      );
      return changed === 1;
    },

    async contractCertificates(emaidKey) {
      const rows = await tx.query<{ readonly fingerprint: string; readonly notAfter: Date | null }>(
        `SELECT contract_fingerprint AS fingerprint, max(contract_not_after) AS "notAfter"
           FROM signed_contract_data WHERE emaid_key = $1
          GROUP BY contract_fingerprint ORDER BY contract_fingerprint`,
        [emaidKey],
      );
      return rows.map(({ fingerprint, notAfter }) => ({ fingerprint, notAfter: notAfter ?? undefined }));
    },

    async requestRevocation(certificates, { emaid, cause, requestedAt }) {
      await tx.execute(
        `INSERT INTO revocation_request (contract_fingerprint, emaid, cause, requested_at, not_after)
         SELECT c.fingerprint, $3, $4, $5, c.not_after
           FROM unnest($1::text[], $2::timestamptz[]) AS c (fingerprint, not_after)
          WHERE NOT EXISTS (SELECT FROM signed_contract_data d WHERE d.contract_fingerprint = c.fingerprint)
         ON CONFLICT (contract_fingerprint) DO NOTHING`,
        [
          certificates.map(({ fingerprint }) => fingerprint),
          certificates.map(({ notAfter }) => notAfter ?? null),
          emaid,
          cause,
          requestedAt,
        ],
      );
    },

    async deliver({ contract, data, clientId, organisation, deliveredAt }) {
      await tx.execute(
        `INSERT INTO contract_delivery (emaid_key, emaid, pcid, namespace, v2g_root_fingerprint,
           contract_fingerprint, client_id, organisation, delivered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          contract.emaidKey,
          contract.emaid,
          contract.pcid,
          data.namespace,
          data.v2gRoot.fingerprint,
          data.contractFingerprint,
          clientId,
          organisation,
          deliveredAt,
        ],
      );
    },

    async append({ type, occurredAt, facts }) {
      await appendEvent(tx, { type, occurredAt, facts: { ...facts } });
      const object = `Contract ${facts.emaidKey}`;
      // Several events may tell of one change.
      if (!recorded.has(object)) await recordWrite(tx, { ...by, object, occurredAt });
      recorded.add(object);
      tx.afterCommit(onEvent);
    },
  };
}
