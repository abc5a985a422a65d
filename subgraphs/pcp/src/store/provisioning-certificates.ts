import { recordWrite } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import type { Pcid } from '@chargegraph/iso15118';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type {
  ProvisioningCertificate,
  ProvisioningStore,
  VehicleKey,
} from '../domain/provisioning-certificate.ts';
import { countMatching, readPage } from './provisioning-list.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

/** The provisioning certificates in PostgreSQL. */
export function createProvisioningStore({
  database,
  prisma,
  onEvent,
}: {
  readonly database: Database;
  readonly prisma: PrismaClient;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): ProvisioningStore {
  return {
    async find({ pcid, namespace }) {
      const row = await prisma.provisioningCertificate.findUnique({
        where: { pcid_namespace: { pcid, namespace } },
      });
      return row === null ? undefined : toProvisioningCertificate(row);
    },

    async exists(pcid) {
      const sql = 'SELECT EXISTS (SELECT FROM provisioning_certificate WHERE pcid = $1) AS found';
      const [row] = await database.query<{ found: boolean }>(sql, [pcid]);
      return row?.found === true;
    },

    change: (pcid, decide, writing) =>
      database.transaction(async (tx) => {
        const stored = await lock(tx, pcid);
        const changes = decide(stored);
        for (const change of changes) {
          const { namespace } = change.key;
          const at = stored.findIndex((row) => row.namespace === namespace);
          const epoch = change.renewsEpoch ? await nextEpoch(tx) : stored[at]?.epoch;
          if (epoch === undefined) throw new Error('a new row needs an epoch');
          const after = change.after && { ...change.after, epoch };
          await write(tx, change.key, after);
          stored.splice(at < 0 ? stored.length : at, at < 0 ? 0 : 1, ...(after === undefined ? [] : [after]));
          const { type, facts, occurredAt } = change.event;
          await appendEvent(tx, { type, facts: { ...facts, epoch: epoch.toString() }, occurredAt });
        }
        const [first] = changes;
        if (first !== undefined) {
          const { occurredAt } = first.event;
          await recordWrite(tx, { ...writing, object: `ProvisioningCertificate ${pcid}`, occurredAt });
          tx.afterCommit(onEvent);
        }
        return stored;
      }),

    page: (filter, order, page) => readPage(database, filter, order, page),
    count: (filter) => countMatching(database, filter),
  };
}

/**
 * Keeps every other change of the car waiting until the transaction's end, also while the car has no row to lock;
 * so a car's epochs grow in the order of their commits.
 */
async function lock(tx: Transaction, pcid: Pcid): Promise<ProvisioningCertificate[]> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('chargegraph vehicle ' || $1, 0))", [pcid]);
  const rows = await tx.query<Row>(
    `SELECT ${columns} FROM provisioning_certificate WHERE pcid = $1 ORDER BY namespace`,
    [pcid],
  );
  return rows.map(toProvisioningCertificate);
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
