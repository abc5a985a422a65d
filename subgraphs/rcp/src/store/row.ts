import { parseCertificate } from '@chargegraph/pki';
import type { RootCertificate, RootType } from '../domain/root-certificates.ts';

/** A row of `root_certificate` as it is selected. */
export interface RootRow {
  readonly type: RootType;
  readonly der: Uint8Array;
  readonly addedAt: Date;
}

/** What {@link RootRow} is selected with. */
export const rootColumns = 'type, der, added_at AS "addedAt"';

/** Reads a row. */
export const toRoot = (row: RootRow): RootCertificate => ({
  type: row.type,
  certificate: parseCertificate(row.der),
  addedAt: row.addedAt,
});
