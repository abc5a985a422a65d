import {
  endingWithin,
  identifierKey,
  instantKey,
  pageRequest,
  toConnection,
  type Connection,
} from '@chargegraph/graph';
import type {
  ProvisioningCertificateFilter,
  ProvisioningCertificateOrder,
  QueryProvisioningCertificatesArgs,
} from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import { namespaces, type ProvisioningCertificate } from '../domain/provisioning-certificate.ts';
import type { ProvisioningOrder, RequestedFilter } from '../domain/provisioning-list.ts';

const orders: Record<ProvisioningCertificateOrder, ProvisioningOrder> = {
  PUBLISHED_AT_ASC: { by: 'publishedAt', descending: false },
  PUBLISHED_AT_DESC: { by: 'publishedAt', descending: true },
  UPDATED_AT_ASC: { by: 'updatedAt', descending: false },
  UPDATED_AT_DESC: { by: 'updatedAt', descending: true },
  NOT_AFTER_ASC: { by: 'notAfter', descending: false },
  NOT_AFTER_DESC: { by: 'notAfter', descending: true },
  PCID_ASC: { by: 'pcid', descending: false },
  PCID_DESC: { by: 'pcid', descending: true },
};

const namespaceKey = (text: string) => namespaces.some((each) => each === text);

/** A page of the provisioning certificates that the caller may list; `narrowed` is joined with what it asks for. */
export async function certificatePage(
  { where, orderBy, ...args }: Partial<QueryProvisioningCertificatesArgs>,
  { pool, caller, clock }: Context,
  narrowed?: { readonly rootFingerprint: string },
): Promise<Connection<ProvisioningCertificate>> {
  // The default stands in for an argument that is left out, not for one that is null.
  const order = orders[orderBy ?? 'PUBLISHED_AT_ASC'];
  const byInstant = order.by === 'pcid' ? [] : [instantKey];
  const page = pageRequest(args, [...byInstant, identifierKey, namespaceKey]);
  const { rows, count } = await pool.list(caller, requestedFilter(where, narrowed, clock.now()), order, page);
  return toConnection(page, rows, (row) => keyOf(row, order), count);
}

function requestedFilter(
  where: ProvisioningCertificateFilter | null | undefined,
  narrowed: { readonly rootFingerprint: string } | undefined,
  now: Date,
): RequestedFilter {
  const asked = where?.rootFingerprint ?? undefined;
  const root = narrowed?.rootFingerprint;
  return {
    namespace: where?.namespace ?? undefined,
    wmis: where?.wmi ?? undefined,
    pcids: where?.pcid ?? undefined,
    rootFingerprints: root === undefined ? asked : (asked ?? [root]).filter((each) => each === root),
    issued: { from: where?.issuedFrom ?? undefined, before: where?.issuedBefore ?? undefined },
    published: { from: where?.publishedFrom ?? undefined, before: where?.publishedBefore ?? undefined },
    expiringBefore: where?.expiringBefore ?? undefined,
    expiring: endingWithin(where?.expiringWithin, now),
  };
}

function keyOf(row: ProvisioningCertificate, { by }: ProvisioningOrder): readonly string[] {
  const own = [row.pcid, row.namespace];
  if (by === 'pcid') return own;
  const instant = by === 'notAfter' ? row.leaf.notAfter : row[by];
  return [instant.toISOString(), ...own];
}
