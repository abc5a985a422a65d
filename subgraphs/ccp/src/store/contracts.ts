import type { Database } from '@chargegraph/database';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { ContractStore, ContractWithData } from '../domain/contract-store.ts';
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
 * query; the rest is SQL, prepared where every car asks it.
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

    async endOf(emaidKey) {
      const found = await prisma.contract.findUnique({ where: { emaidKey }, select: { endsAt: true } });
      return found?.endsAt ?? undefined;
    },

    async defaultOf(pcid, namespace) {
      const found = await prisma.contractDefault.findUnique({
        where: { pcid_namespace: { pcid, namespace } },
        select: { emaidKey: true },
      });
      return found?.emaidKey;
    },

    async findDefault(pcid, namespace) {
      const rows = await database.queryPrepared<ContractRow & DataRow>(
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
      const rows = await database.queryPrepared<ContractRow & DataRow>(
        `SELECT ${contractColumns}, ${dataColumns} FROM contract c JOIN signed_contract_data d USING (emaid_key)
          WHERE c.emaid_key = $1 AND d.namespace = $2 ORDER BY d.v2g_root_fingerprint`,
        [emaidKey, namespace],
      );
      return withData(rows);
    },

    async carContracts(pcid, namespace) {
      const rows = await database.queryPrepared<ContractRow & DataRow & { readonly isDefault: boolean }>(
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

    transaction: (work, by) => database.transaction((tx) => work(createContractTransaction(tx, by, onEvent))),
  };
}

/** The rows of one contract, one for each variant. */
function withData(rows: readonly (ContractRow & DataRow)[]): ContractWithData | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return { contract: toContract(first), variants: rows.map((row) => toSignedData(row.emaidKey, row)) };
}
