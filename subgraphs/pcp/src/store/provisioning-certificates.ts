import { recordWrite } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import type { Pcid } from '@chargegraph/iso15118';
import { parseCertificate } from '@chargegraph/pki';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type {
  Namespace,
  ProvisioningCertificate,
  ProvisioningStore,
  VehicleKey,
} from '../domain/provisioning-certificate.ts';

interface Row {
  readonly pcid: string;
  readonly namespace: Namespace;
  readonly der: Uint8Array;
  readonly subCaDers: readonly Uint8Array[];
  readonly rootDer: Uint8Array;
  readonly v2gRootKeyIdentifiers: readonly string[];
  readonly previousPcid: string | null;
  readonly warnings: readonly string[];
  readonly publishedAt: Date;
  readonly updatedAt: Date;
}

const columns = `pcid, namespace, der, sub_ca_ders AS "subCaDers", root_der AS "rootDer",
  v2g_root_key_identifiers AS "v2gRootKeyIdentifiers", previous_pcid AS "previousPcid", warnings,
  published_at AS "publishedAt", updated_at AS "updatedAt"`;

const toProvisioningCertificate = (row: Row): ProvisioningCertificate => ({
  // The table's check keeps it canonical.
  pcid: row.pcid as Pcid,
  namespace: row.namespace,
  leaf: parseCertificate(row.der),
  subCas: row.subCaDers.map((der) => parseCertificate(der)),
  root: parseCertificate(row.rootDer),
  v2gRootKeyIdentifiers: row.v2gRootKeyIdentifiers,
  previousPcid: row.previousPcid ?? undefined,
  warnings: row.warnings,
  publishedAt: row.publishedAt,
  updatedAt: row.updatedAt,
});

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

    change: (key, decide, by) =>
      database.transaction(async (tx) => {
        for (;;) {
          const stored = await lock(tx, key);
          const change = decide(stored);
          if (change === undefined) return stored;
          const { certificate, event } = change;
          const written =
            stored === undefined ? await insert(tx, certificate) : await update(tx, certificate);
          // Another transaction inserted it after we looked: now it can be locked and looked at.
          if (!written) continue;
          await appendEvent(tx, { ...event, facts: { ...event.facts }, occurredAt: certificate.updatedAt });
          await recordWrite(tx, {
            ...by,
            object: `ProvisioningCertificate ${key.pcid}`,
            occurredAt: certificate.updatedAt,
          });
          tx.afterCommit(onEvent);
          return certificate;
        }
      }),
  };
}

async function lock(tx: Transaction, key: VehicleKey): Promise<ProvisioningCertificate | undefined> {
  const [row] = await tx.query<Row>(
    `SELECT ${columns} FROM provisioning_certificate WHERE pcid = $1 AND namespace = $2 FOR UPDATE`,
    [key.pcid, key.namespace],
  );
  return row === undefined ? undefined : toProvisioningCertificate(row);
}

const values = (certificate: ProvisioningCertificate): unknown[] => [
  certificate.pcid,
  certificate.namespace,
  certificate.leaf.fingerprint,
  certificate.leaf.der,
  certificate.subCas.map(({ der }) => Buffer.from(der)),
  certificate.root.fingerprint,
  certificate.root.der,
  certificate.v2gRootKeyIdentifiers,
  certificate.previousPcid ?? null,
  certificate.warnings,
  certificate.leaf.notAfter,
  certificate.updatedAt,
];

async function insert(tx: Transaction, certificate: ProvisioningCertificate): Promise<boolean> {
  const inserted = await tx.execute(
    `INSERT INTO provisioning_certificate
       (pcid, namespace, fingerprint, der, sub_ca_ders, root_fingerprint, root_der, v2g_root_key_identifiers,
        previous_pcid, warnings, not_after, updated_at, published_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (pcid, namespace) DO NOTHING`,
    [...values(certificate), certificate.publishedAt],
  );
  return inserted === 1;
}

async function update(tx: Transaction, certificate: ProvisioningCertificate): Promise<boolean> {
  const updated = await tx.execute(
    `UPDATE provisioning_certificate
        SET fingerprint = $3, der = $4, sub_ca_ders = $5, root_fingerprint = $6, root_der = $7,
            v2g_root_key_identifiers = $8, previous_pcid = $9, warnings = $10, not_after = $11, updated_at = $12
      WHERE pcid = $1 AND namespace = $2`,
    values(certificate),
  );
  return updated === 1;
}
