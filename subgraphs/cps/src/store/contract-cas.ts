import { recordWrite, type Act } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { parseCertificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type {
  ContractCa,
  ContractCaFilter,
  ContractCaOrder,
  ContractCaStore,
} from '../domain/contract-ca.ts';
import { chainEnd, type Namespace, type SignerKey } from '../domain/signer.ts';
import { chainedConditions, orderBy, type Column } from './conditions.ts';
import { derOf, retirementColumns, toRetirement, type RetirementRow } from './rows.ts';

interface Row extends RetirementRow {
  readonly der: Uint8Array;
  readonly subCas: readonly Uint8Array[];
  readonly rootDer: Uint8Array;
  readonly keyReference: string;
  readonly namespace: Namespace;
  readonly providerIds: readonly string[];
  readonly ocspUrl: string | null;
  readonly crlUrl: string | null;
  readonly addedAt: Date;
}

const columns = `der, sub_cas AS "subCas", root_der AS "rootDer", key_reference AS "keyReference", namespace,
  provider_ids AS "providerIds", ocsp_url AS "ocspUrl", crl_url AS "crlUrl",
  added_at AS "addedAt", ${retirementColumns}`;

const key: readonly Column[] = [
  { sql: 'fingerprint', type: 'text' },
  { sql: 'namespace', type: 'namespace' },
];

const orders: Readonly<Record<ContractCaOrder['by'], readonly Column[]>> = {
  addedAt: [{ sql: 'added_at', type: 'timestamptz' }, ...key],
  endsAt: [{ sql: 'ends_at', type: 'timestamptz' }, ...key],
};

const toCa = ({
  der,
  subCas,
  rootDer,
  ocspUrl,
  crlUrl,
  retiredAt,
  retirementReason,
  ...row
}: Row): ContractCa => ({
  ...row,
  certificate: parseCertificate(der),
  subCas: subCas.map((subCa) => parseCertificate(subCa)),
  root: parseCertificate(rootDer),
  ocspUrl: ocspUrl ?? undefined,
  crlUrl: crlUrl ?? undefined,
  retirement: toRetirement({ retiredAt, retirementReason }),
});

const conditions = (filter: ContractCaFilter) =>
  chainedConditions(filter).add(
    '(cardinality(provider_ids) = 0 OR $ = ANY (provider_ids))',
    filter.providerId,
  );

const objectOf = ({ fingerprint, namespace }: SignerKey) => `ContractCa ${fingerprint} ${namespace}`;

/** The CAs in PostgreSQL. */
export function createContractCaStore(database: Database): ContractCaStore {
  const read = async (rest: string, params: readonly unknown[]) =>
    (await database.query<Row>(`SELECT ${columns} FROM contract_ca ${rest}`, params)).map(toCa);
  return {
    async find({ fingerprint, namespace }) {
      const [ca] = await read('WHERE fingerprint = $1 AND namespace = $2', [fingerprint, namespace]);
      return ca;
    },

    page(filter, { by, descending }, { backward, limit, from }) {
      const where = conditions(filter);
      const order = orders[by];
      const reversed = descending !== backward;
      if (from !== undefined) where.behind(order, from, reversed);
      const most = where.param(limit + 1);
      return read(`WHERE ${where.sql} ${orderBy(order, reversed)} LIMIT ${most}`, where.params);
    },

    async count(filter) {
      const { sql, params } = conditions(filter);
      const rows = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM contract_ca WHERE ${sql}`,
        params,
      );
      return rows[0]?.count ?? 0;
    },

    inUse: () => read(`WHERE retired_at IS NULL`, []),

    issuing(namespace, providerId) {
      const where = conditions({ namespace, providerId, isRetired: false });
      return read(`WHERE ${where.sql}`, where.params);
    },

    add: (ca, act) => database.transaction((tx) => add(tx, ca, act)),

    retire: (key, retirement, act) =>
      database.transaction(async (tx) => {
        const changed = await tx.query<Row>(
          `UPDATE contract_ca SET retired_at = $3, retirement_reason = $4
            WHERE fingerprint = $1 AND namespace = $2 AND retired_at IS NULL RETURNING ${columns}`,
          [key.fingerprint, key.namespace, retirement.at, retirement.reason],
        );
        const entry = { act, action: 'retireContractCa', object: objectOf(key), occurredAt: retirement.at };
        if (changed.length > 0) await recordWrite(tx, entry);
        const row = changed[0] ?? (await lock(tx, key));
        if (row !== undefined) return toCa(row);
        throw new ChargeGraphError('NOT_FOUND', 'There is no such CA.', { path: ['id'] });
      }),

    async complete() {
      for (const ca of await read('WHERE ends_at IS NULL', [])) {
        await database.execute(
          'UPDATE contract_ca SET ends_at = $3 WHERE fingerprint = $1 AND namespace = $2',
          [ca.certificate.fingerprint, ca.namespace, chainEnd(ca)],
        );
      }
    },
  };
}

async function lock(tx: Transaction, { fingerprint, namespace }: SignerKey): Promise<Row | undefined> {
  const [row] = await tx.query<Row>(
    `SELECT ${columns} FROM contract_ca WHERE fingerprint = $1 AND namespace = $2 FOR UPDATE`,
    [fingerprint, namespace],
  );
  return row;
}

async function add(tx: Transaction, ca: Omit<ContractCa, 'retirement'>, act: Act): Promise<ContractCa> {
  const { certificate, subCas, root, keyReference, namespace, providerIds, ocspUrl, crlUrl, addedAt } = ca;
  const key = { fingerprint: certificate.fingerprint, namespace };
  const changed = await tx.query<Row>(
    `INSERT INTO contract_ca
       (fingerprint, namespace, der, sub_cas, root_fingerprint, root_der, key_reference, provider_ids, ocsp_url,
        added_at, ends_at, crl_url)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (fingerprint, namespace) DO UPDATE SET
       sub_cas = EXCLUDED.sub_cas, root_fingerprint = EXCLUDED.root_fingerprint, root_der = EXCLUDED.root_der,
       key_reference = EXCLUDED.key_reference, provider_ids = EXCLUDED.provider_ids, ocsp_url = EXCLUDED.ocsp_url,
       crl_url = EXCLUDED.crl_url, ends_at = EXCLUDED.ends_at
     WHERE contract_ca.retired_at IS NULL
       AND (contract_ca.sub_cas, contract_ca.root_fingerprint, contract_ca.key_reference, contract_ca.provider_ids,
            contract_ca.ocsp_url, contract_ca.crl_url)
         IS DISTINCT FROM (EXCLUDED.sub_cas, EXCLUDED.root_fingerprint, EXCLUDED.key_reference,
            EXCLUDED.provider_ids, EXCLUDED.ocsp_url, EXCLUDED.crl_url)
     RETURNING ${columns}`,
    [
      key.fingerprint,
      namespace,
      derOf(certificate),
      subCas.map(derOf),
      root.fingerprint,
      derOf(root),
      keyReference,
      providerIds,
      ocspUrl ?? null,
      addedAt,
      chainEnd(ca),
      crlUrl ?? null,
    ],
  );
  const entry = { act, action: 'addContractCa', object: objectOf(key), occurredAt: addedAt };
  if (changed.length > 0) await recordWrite(tx, entry);
  const row = changed[0] ?? (await lock(tx, key));
  if (row === undefined) throw new Error('The CA was not stored.');
  const stored = toCa(row);
  if (stored.retirement === undefined) return stored;
  throw new ChargeGraphError('CONFLICT', 'This CA was retired and issues no more.', {
    path: ['certificate'],
  });
}
