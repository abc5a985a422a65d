import { recordWrite } from '@chargegraph/audit';
import type { Transaction } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import type { Pcid } from '@chargegraph/iso15118';
import type {
  ProvisioningCertificate,
  ProvisioningChange,
  VehicleKey,
  Writing,
} from '../domain/provisioning-certificate.ts';

/**
 * Keeps every other change of these cars waiting until the transaction's end, also while they have no row to lock; so a
 * car's epochs grow in the order of their commits. Whoever locks several does so in order, and so nobody waits in a circle.
 */
export async function lockCars(tx: Transaction, pcids: readonly Pcid[]): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('chargegraph vehicle ' || pcid, 0))
       FROM unnest($1::text[]) AS pcid`,
    [[...new Set(pcids)].sort()],
  );
}

/**
 * Carries out changes of a locked car's rows, with their events and one audit record.
 *
 * @param before the car's rows, or those of them that are changed
 * @returns these rows as they are afterwards
 */
export async function changeRows(
  tx: Transaction,
  { pcid, before }: { readonly pcid: Pcid; readonly before: readonly ProvisioningCertificate[] },
  changes: readonly ProvisioningChange[],
  writing: Writing,
): Promise<readonly ProvisioningCertificate[]> {
  const rows = [...before];
  for (const change of changes) {
    const { namespace } = change.key;
    const at = rows.findIndex((row) => row.namespace === namespace);
    const epoch = change.renewsEpoch ? await nextEpoch(tx) : rows[at]?.epoch;
    if (epoch === undefined) throw new Error('a new row needs an epoch');
    const after = change.after && { ...change.after, epoch };
    await write(tx, change.key, after);
    rows.splice(at < 0 ? rows.length : at, at < 0 ? 0 : 1, ...(after === undefined ? [] : [after]));
    const { type, facts, occurredAt } = change.event;
    await appendEvent(tx, { type, facts: { ...facts, epoch: epoch.toString() }, occurredAt });
  }
  const [first] = changes;
  if (first !== undefined) {
    const { occurredAt } = first.event;
    await recordWrite(tx, { ...writing, object: `ProvisioningCertificate ${pcid}`, occurredAt });
  }
  return rows;
}

async function nextEpoch(tx: Transaction): Promise<bigint> {
  const [row] = await tx.query<{ epoch: string }>("SELECT nextval('provisioning_epoch') AS epoch");
  if (row === undefined) throw new Error('the sequence gave no epoch');
  return BigInt(row.epoch);
}

async function write(
  tx: Transaction,
  { pcid, namespace }: VehicleKey,
  certificate: ProvisioningCertificate | undefined,
): Promise<void> {
  if (certificate === undefined) {
    const sql = 'DELETE FROM provisioning_certificate WHERE pcid = $1 AND namespace = $2';
    await tx.execute(sql, [pcid, namespace]);
    return;
  }
  await tx.execute(
    `INSERT INTO provisioning_certificate
       (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint, root_der, v2g_root_key_identifiers,
        previous_pcid, warnings, not_before, not_after, epoch, published_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (pcid, namespace) DO UPDATE
        SET fingerprint = $3, der = $4, sub_ca_ders = $5, root_fingerprint = $6, root_der = $7,
            v2g_root_key_identifiers = $8, previous_pcid = $9, warnings = $10, not_before = $11, not_after = $12,
            epoch = $13, updated_at = $15`,
    [
      pcid,
      namespace,
      certificate.leaf.fingerprint,
      certificate.leaf.der,
      certificate.subCas.map(({ der }) => Buffer.from(der)),
      certificate.root.fingerprint,
      certificate.root.der,
      certificate.v2gRootKeyIdentifiers,
      certificate.previousPcid ?? null,
      certificate.warnings,
      certificate.leaf.notBefore,
      certificate.leaf.notAfter,
      certificate.epoch.toString(),
      certificate.publishedAt,
      certificate.updatedAt,
    ],
  );
}
