import type { Database } from '@chargegraph/database';
import type { Contract } from '../domain/contract.ts';
import type { ContractList, ContractQuery, ContractSorting } from '../domain/contract-list.ts';
import { contractColumns } from './rows.ts';

/** The lists of contracts in PostgreSQL. */
export function createContractList(database: Database): ContractList {
  return {
    async page(query, sorting, { backward, limit, from }) {
      const { where, params } = conditions(query);
      const columns = sortColumns[sorting.by];
      const descending = sorting.descending !== backward;
      if (from !== undefined) {
        const behind = from.map((value, index) => {
          const type = columns[index] === 'c.emaid_key' ? 'text' : 'timestamptz';
          return `$${String(params.push(value))}::${type}`;
        });
        where.push(`(${columns.join(', ')}) ${descending ? '<' : '>'} (${behind.join(', ')})`);
      }
      const direction = descending ? 'DESC' : 'ASC';
      return await database.query<Contract>(
        `SELECT ${contractColumns} FROM contract c WHERE ${where.join(' AND ')}
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

const sortColumns: Readonly<Record<ContractSorting['by'], readonly string[]>> = {
  createdAt: ['c.created_at', 'c.emaid_key'],
  updatedAt: ['c.updated_at', 'c.emaid_key'],
  emaidKey: ['c.emaid_key'],
};

function conditions(query: ContractQuery): { where: string[]; params: unknown[] } {
  const params: unknown[] = [];
  const param = (value: unknown) => `$${String(params.push(value))}`;
  const where = ['true'];
  const add = (value: unknown, condition: (param: string) => string) => {
    if (value != null) where.push(condition(param(value)));
  };
  const { visible, isDefault, namespace, v2gRoot, endsBefore } = query;
  if (visible !== 'all') {
    const { wmis, providerIds } = visible;
    where.push(`(c.wmi = ANY (${param(wmis)}) OR c.provider_id = ANY (${param(providerIds)}))`);
  }
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
    ...(endsBefore == null ? [] : [`d.ends_at < ${param(endsBefore)}`]),
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
