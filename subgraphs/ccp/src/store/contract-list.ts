import type { SqlRunner } from '@chargegraph/database';
import {
  noEnd,
  type ContractList,
  type ContractQuery,
  type ContractSorting,
  type ListedContract,
} from '../domain/contract-list.ts';
import { contractColumns } from './rows.ts';

/** The lists of contracts in PostgreSQL. */
export function createContractList(database: Pick<SqlRunner, 'query'>): ContractList {
  return {
    async page(query, sorting, { backward, limit, from }) {
      const { where, params } = conditions(query);
      const columns = sortColumns(sorting);
      const descending = sorting.descending !== backward;
      if (from !== undefined) {
        const behind = from.map((value, index) => {
          const type = columns[index] === 'c.emaid_key' ? 'text' : 'timestamptz';
          return `$${String(params.push(value === noEnd ? endless(sorting) : value))}::${type}`;
        });
        where.push(`(${columns.join(', ')}) ${descending ? '<' : '>'} (${behind.join(', ')})`);
      }
      const direction = descending ? 'DESC' : 'ASC';
      return await database.query<ListedContract>(
        `SELECT ${contractColumns}, c.ends_at AS "endsAt" FROM contract c WHERE ${where.join(' AND ')}
          ORDER BY ${columns.map((column) => `${column} ${direction}`).join(', ')}
          LIMIT $${String(params.push(limit + 1))}`,
        params,
      );
    },

    async count(query) {
      const { where, params } = conditions(query);
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM contract c WHERE ${where.join(' AND ')}`,
        params,
      );
      return row?.count ?? 0;
    },
  };
}

/** What stands for the end of a contract without data, which is last in either direction. */
const endless = ({ descending }: ContractSorting) => (descending ? '-infinity' : 'infinity');

/** Each has an index. */
function sortColumns(sorting: ContractSorting): readonly string[] {
  if (sorting.by === 'emaidKey') return ['c.emaid_key'];
  const instant = {
    createdAt: 'c.created_at',
    updatedAt: 'c.updated_at',
    endsAt: `coalesce(c.ends_at, '${endless(sorting)}')`,
  }[sorting.by];
  return [instant, 'c.emaid_key'];
}

function conditions(query: ContractQuery): { where: string[]; params: unknown[] } {
  const params: unknown[] = [];
  const param = (value: unknown) => `$${String(params.push(value))}`;
  const where = ['true'];
  const add = (value: unknown, condition: (param: string) => string) => {
    if (value != null) where.push(condition(param(value)));
  };
  const { visible, isDefault, namespace, v2gRoot, expiringBefore, expiring } = query;
  if (visible !== 'all') {
    const owned = [
      ...isAnyOf('c.wmi', visible.wmis, param),
      ...isAnyOf('c.provider_id', visible.providerIds, param),
    ];
    where.push(owned.length === 0 ? 'false' : `(${owned.join(' OR ')})`);
  }
  add(query.ofCar, (pcid) => `c.pcid = ${pcid}`);
  add(query.pcid, (pcid) => `c.pcid = ${pcid}`);
  add(query.emaidKeys, (keys) => `c.emaid_key = ANY (${keys})`);
  add(query.providerId, (id) => `c.provider_id = ${id}`);
  add(query.createdFrom, (from) => `c.created_at >= ${from}`);
  add(query.createdBefore, (before) => `c.created_at < ${before}`);
  add(query.updatedFrom, (from) => `c.updated_at >= ${from}`);
  add(query.updatedBefore, (before) => `c.updated_at < ${before}`);
  // All that is said of data holds for one variant.
  const ofData = [
    ...(namespace == null ? [] : [`d.namespace = ${param(namespace)}::namespace`]),
    ...(v2gRoot == null ? [] : [`d.v2g_root_fingerprint = ${param(v2gRoot)}`]),
    ...(expiringBefore == null ? [] : [`d.ends_at < ${param(expiringBefore)}`]),
    ...(expiring === undefined
      ? []
      : [`d.ends_at > ${param(expiring.after)}`, `d.ends_at <= ${param(expiring.until)}`]),
  ];
  if (ofData.length > 0) {
    where.push(
      `EXISTS (SELECT FROM signed_contract_data d WHERE d.emaid_key = c.emaid_key AND ${ofData.join(' AND ')})`,
    );
  }
  if (isDefault != null) {
    const generation = namespace == null ? '' : ` AND f.namespace = ${param(namespace)}::namespace`;
    const found = `EXISTS (SELECT FROM contract_default f WHERE f.emaid_key = c.emaid_key${generation})`;
    where.push(isDefault ? found : `NOT ${found}`);
  }
  return { where, params };
}

/** A single value is compared as such: then the index that begins with it gives the order too. */
function isAnyOf(column: string, values: readonly string[], param: (value: unknown) => string): string[] {
  if (values.length === 0) return [];
  return [values.length === 1 ? `${column} = ${param(values[0])}` : `${column} = ANY (${param(values)})`];
}
