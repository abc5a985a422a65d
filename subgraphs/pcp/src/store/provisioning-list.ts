import type { Database } from '@chargegraph/database';
import type { ProvisioningFilter, ProvisioningOrder, ProvisioningPage } from '../domain/provisioning-list.ts';
import { columns, toProvisioningCertificate, type Row } from './row.ts';

const orderColumns: Readonly<Record<ProvisioningOrder['by'], string | undefined>> = {
  publishedAt: 'published_at',
  updatedAt: 'updated_at',
  notAfter: 'not_after',
  pcid: undefined,
};

/** Reads one page; one row more than its limit when there is one. */
export async function readPage(
  database: Database,
  filter: ProvisioningFilter,
  order: ProvisioningOrder,
  page: ProvisioningPage,
) {
  const { where, params } = conditions(filter);
  const column = orderColumns[order.by];
  const key = [...(column === undefined ? [] : [column]), 'pcid', 'namespace'];
  const types = [...(column === undefined ? [] : ['timestamptz']), 'text', 'namespace'];
  const descending = order.descending !== page.backward;
  if (page.from !== undefined) {
    const start = page.from.map((value, at) => `$${params.push(value)}::${types[at] ?? 'text'}`);
    where.push(`(${key.join(', ')}) ${descending ? '<' : '>'} (${start.join(', ')})`);
  }
  const direction = descending ? 'DESC' : 'ASC';
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM provisioning_certificate WHERE ${where.join(' AND ')}
     ORDER BY ${key.map((each) => `${each} ${direction}`).join(', ')} LIMIT $${params.push(page.limit + 1)}`,
    params,
  );
  return rows.map(toProvisioningCertificate);
}

/** How many match. */
export async function countMatching(database: Database, filter: ProvisioningFilter): Promise<number> {
  const { where, params } = conditions(filter);
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM provisioning_certificate WHERE ${where.join(' AND ')}`,
    params,
  );
  return row?.count ?? 0;
}

function conditions(filter: ProvisioningFilter): { where: string[]; params: unknown[] } {
  const where = ['true'];
  const params: unknown[] = [];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value !== undefined) where.push(condition(`$${params.push(value)}`));
  };
  const { namespace, wmis, pcids, rootFingerprints, issued, published, expiringBefore, expiring } = filter;
  add(namespace, (value) => `namespace = ${value}::namespace`);
  // A single WMI is compared as such: then the index that begins with it gives the order too.
  if (wmis?.length === 1) add(wmis[0], (value) => `wmi = ${value}`);
  else add(wmis, (values) => `wmi = ANY (${values})`);
  add(pcids, (values) => `pcid = ANY (${values})`);
  add(rootFingerprints, (values) => `root_fingerprint = ANY (${values})`);
  add(issued.from, (value) => `not_before >= ${value}`);
  add(issued.before, (value) => `not_before < ${value}`);
  add(published.from, (value) => `published_at >= ${value}`);
  add(published.before, (value) => `published_at < ${value}`);
  add(expiringBefore, (value) => `not_after < ${value}`);
  add(expiring?.after, (value) => `not_after > ${value}`);
  add(expiring?.until, (value) => `not_after <= ${value}`);
  return { where, params };
}
