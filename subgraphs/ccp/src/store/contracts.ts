import type { Database } from '@chargegraph/database';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Contract } from '../domain/contract.ts';
import type { ContractStore, ContractWithData } from '../domain/contract-store.ts';
import type { VisibleContracts } from '../domain/rights.ts';
import { createContractTransaction } from './contract-transaction.ts';
import {
  contractColumns,
  dataColumns,
  toContract,
  toSignedData,
  type ContractRow,
  type DataRow,
} from './rows.ts';

/**
 * The contracts in PostgreSQL. What is read by key goes through Prisma, which joins the reads of one turn into one
 * query; the rest is SQL.
 */
export function createContractStore({
  database,
  prisma,
  onEvent,
}: {
  readonly database: Database;
  readonly prisma: PrismaClient;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): ContractStore {
  return {
    async find(emaidKey) {
      return (await prisma.contract.findUnique({ where: { emaidKey } })) ?? undefined;
    },

    async hasVariant(emaidKey, { namespace, v2gRoot }) {
      const rows = await database.query<{ found: boolean }>(
        `SELECT EXISTS (SELECT FROM signed_contract_data d
                         WHERE d.emaid_key = $1 AND ($2::namespace IS NULL OR d.namespace = $2)
                           AND ($3::text IS NULL OR d.v2g_root_fingerprint = $3)) AS found`,
        [emaidKey, namespace ?? null, v2gRoot ?? null],
      );
      return rows[0]?.found === true;
    },

    async signedData(emaidKey) {
      const rows = await prisma.contract
        .findUnique({ where: { emaidKey } })
        .signedData({ orderBy: [{ namespace: 'asc' }, { v2gRootFingerprint: 'asc' }] });
      return (rows ?? []).map((row) => toSignedData(emaidKey, row));
    },

    async defaultOf(pcid, namespace) {
      const found = await prisma.contractDefault.findUnique({
        where: { pcid_namespace: { pcid, namespace } },
        select: { emaidKey: true },
      });
      return found?.emaidKey;
    },

    async findDefault(pcid, namespace) {
      const rows = await database.query<ContractRow & DataRow>(
        `SELECT ${contractColumns}, ${dataColumns}
           FROM contract_default f
           JOIN contract c USING (emaid_key)
           JOIN signed_contract_data d ON d.emaid_key = f.emaid_key AND d.namespace = f.namespace
          WHERE f.pcid = $1 AND f.namespace = $2 ORDER BY d.v2g_root_fingerprint`,
        [pcid, namespace],
      );
      return withData(rows);
    },

    async findWithData(emaidKey, namespace) {
      const rows = await database.query<ContractRow & DataRow>(
        `SELECT ${contractColumns}, ${dataColumns} FROM contract c JOIN signed_contract_data d USING (emaid_key)
          WHERE c.emaid_key = $1 AND d.namespace = $2 ORDER BY d.v2g_root_fingerprint`,
        [emaidKey, namespace],
      );
      return withData(rows);
    },

    async carContracts(pcid, namespace) {
      const rows = await database.query<ContractRow & DataRow & { readonly isDefault: boolean }>(
        `SELECT ${contractColumns}, ${dataColumns}, f.emaid_key IS NOT NULL AS "isDefault"
           FROM contract c
           JOIN signed_contract_data d USING (emaid_key)
           LEFT JOIN contract_default f
             ON f.pcid = c.pcid AND f.namespace = d.namespace AND f.emaid_key = c.emaid_key
          WHERE c.pcid = $1 AND d.namespace = $2
          ORDER BY c.created_at, c.emaid_key, d.v2g_root_fingerprint`,
        [pcid, namespace],
      );
      const byContract = new Map<string, (typeof rows)[number][]>();
      for (const row of rows) byContract.set(row.emaidKey, [...(byContract.get(row.emaidKey) ?? []), row]);
      return [...byContract.values()].flatMap((ofContract) => {
        const found = withData(ofContract);
        return found === undefined ? [] : [{ ...found, isDefault: ofContract[0]?.isDefault === true }];
      });
    },

    async page(pcid, visible, { backward, limit, from }) {
      const { where, params } = conditions(pcid, visible);
      if (from !== undefined) {
        params.push(...from);
        const [instant, emaidKey] = [
          `$${String(params.length - 1)}::timestamptz`,
          `$${String(params.length)}`,
        ];
        where.push(`(c.created_at, c.emaid_key) ${backward ? '<' : '>'} (${instant}, ${emaidKey})`);
      }
      const direction = backward ? 'DESC' : 'ASC';
      params.push(limit + 1);
      const rows = await database.query<Contract>(
        `SELECT ${contractColumns} FROM contract c WHERE ${where.join(' AND ')}
          ORDER BY c.created_at ${direction}, c.emaid_key ${direction} LIMIT $${String(params.length)}`,
        params,
      );
      return rows;
    },

    async count(pcid, visible) {
      const { where, params } = conditions(pcid, visible);
      const rows = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM contract c WHERE ${where.join(' AND ')}`,
        params,
      );
      return rows[0]?.count ?? 0;
    },

    transaction: (work, by) => database.transaction((tx) => work(createContractTransaction(tx, by, onEvent))),
  };
}

/** The rows of one contract, one for each variant. */
function withData(rows: readonly (ContractRow & DataRow)[]): ContractWithData | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return { contract: toContract(first), variants: rows.map((row) => toSignedData(row.emaidKey, row)) };
}

function conditions(pcid: string, visible: VisibleContracts): { where: string[]; params: unknown[] } {
  const where = ['c.pcid = $1'];
  const params: unknown[] = [pcid];
  if (visible !== 'all') where.push(`c.provider_id = ANY ($${String(params.push(visible.providerIds))})`);
  return { where, params };
}
