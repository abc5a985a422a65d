import type { Pcid } from '@chargegraph/iso15118';
import { parseCertificate } from '@chargegraph/pki';
import type { Namespace, ProvisioningCertificate } from '../domain/provisioning-certificate.ts';

/** A row as it is selected. */
export interface Row {
  readonly pcid: string;
  readonly namespace: Namespace;
  readonly der: Uint8Array;
  readonly subCaDers: readonly Uint8Array[];
  readonly rootDer: Uint8Array;
  readonly v2gRootKeyIdentifiers: readonly string[];
  readonly previousPcid: string | null;
  readonly warnings: readonly string[];
  /** Decimal. */
  readonly epoch: string;
  readonly publishedAt: Date;
  readonly updatedAt: Date;
}

/** What {@link Row} is selected with. */
export const columns = `pcid, namespace, der, sub_ca_ders AS "subCaDers", root_der AS "rootDer",
  v2g_root_key_identifiers AS "v2gRootKeyIdentifiers", previous_pcid AS "previousPcid", warnings, epoch,
  published_at AS "publishedAt", updated_at AS "updatedAt"`;

/** Reads a row. */
export const toProvisioningCertificate = (row: Row): ProvisioningCertificate => ({
  // The table's check keeps it canonical.
  pcid: row.pcid as Pcid,
  namespace: row.namespace,
  leaf: parseCertificate(row.der),
  subCas: row.subCaDers.map((der) => parseCertificate(der)),
  root: parseCertificate(row.rootDer),
  v2gRootKeyIdentifiers: row.v2gRootKeyIdentifiers,
  previousPcid: row.previousPcid ?? undefined,
  warnings: row.warnings,
  epoch: BigInt(row.epoch),
  publishedAt: row.publishedAt,
  updatedAt: row.updatedAt,
});
