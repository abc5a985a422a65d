import { recordWrite } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { ChargeGraphError } from '@chargegraph/service';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import {
  chainEnd,
  type Namespace,
  type Signer,
  type SignerFilter,
  type SignerOrder,
  type SignerStore,
} from '../domain/signer.ts';
import { chainedConditions, orderBy, type Column } from './conditions.ts';
import { retireSigner } from './retire-signer.ts';
import { derOf, signerColumns, toSigner, type SignerRow } from './rows.ts';

const key: readonly Column[] = [
  { sql: 'fingerprint', type: 'text' },
  { sql: 'namespace', type: 'namespace' },
];
const rank = { sql: '(CASE WHEN is_default THEN 0 ELSE 1 END)', type: 'int' };
const addedAt = { sql: 'added_at', type: 'timestamptz' };

const orders: Readonly<Record<SignerOrder['by'], readonly Column[]>> = {
  default: [rank, addedAt, ...key],
  addedAt: [addedAt, ...key],
  endsAt: [{ sql: 'ends_at', type: 'timestamptz' }, ...key],
};

const conditions = (filter: SignerFilter) =>
  chainedConditions(filter).add('is_default = $', filter.isDefault);

/** The signers in PostgreSQL. */
export function createSignerStore(database: Database, prisma: PrismaClient): SignerStore {
  const read = async (rest: string, params: readonly unknown[] = []) => {
    const rows = await database.query<SignerRow>(`SELECT ${signerColumns} FROM cps_signer ${rest}`, params);
    return rows.map(toSigner);
  };
  return {
    async find(fingerprint_namespace) {
      const row = await prisma.cpsSigner.findUnique({ where: { fingerprint_namespace } });
      return row === null ? undefined : toSigner(row);
    },

    page(filter, { by, descending }, { backward, limit, from }) {
      const where = conditions(filter);
      const columns = orders[by];
      const reversed = descending !== backward;
      if (from !== undefined) where.behind(columns, from, reversed);
      const most = where.param(limit + 1);
      return read(`WHERE ${where.sql} ${orderBy(columns, reversed)} LIMIT ${most}`, where.params);
    },

    async count(filter) {
      const { sql, params } = conditions(filter);
      const rows = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM cps_signer WHERE ${sql}`,
        params,
      );
      return rows[0]?.count ?? 0;
    },

    ofNamespace: (namespace) => read('WHERE namespace = $1', [namespace]),
    all: () => read(''),

    add: (signer, makeDefault, act) =>
      database.transaction(async (tx) => {
        await lockSigners(tx);
        const isDefault = makeDefault || !(await hasDefault(tx, signer.namespace));
        if (isDefault) await clearDefault(tx, signer);
        const before = await rowOf(tx, signer);
        const stored = await upsert(tx, signer, isDefault);
        // The same signer again is no write.
        if ((await rowOf(tx, signer)) !== before) {
          await recordWrite(tx, {
            act,
            action: 'addCpsSigner',
            object: `CpsSigner ${signer.certificate.fingerprint}`,
            occurredAt: signer.addedAt,
          });
        }
        return stored;
      }),

    retire: (change) =>
      database.transaction(async (tx) => {
        await lockSigners(tx);
        return retireSigner(tx, change);
      }),

    async complete() {
      for (const signer of await read('WHERE ends_at IS NULL')) {
        const { certificate, namespace } = signer;
        await database.execute(
          'UPDATE cps_signer SET ends_at = $3 WHERE fingerprint = $1 AND namespace = $2',
          [certificate.fingerprint, namespace, chainEnd(signer)],
        );
      }
    },
  };
}

/** Everything that is stored of a signer, as one text; undefined when it is not there. */
async function rowOf(tx: Transaction, { certificate, namespace }: NewSigner): Promise<string | undefined> {
  const rows = await tx.query<{ row: string }>(
    'SELECT s::text AS row FROM cps_signer s WHERE fingerprint = $1 AND namespace = $2',
    [certificate.fingerprint, namespace],
  );
  return rows[0]?.row;
}

/** Which signer is the default is decided over all of them, so changes come one after the other. */
const lockSigners = (tx: Transaction) => tx.execute('LOCK TABLE cps_signer IN SHARE ROW EXCLUSIVE MODE');

async function hasDefault(tx: Transaction, namespace: Namespace): Promise<boolean> {
  const rows = await tx.query('SELECT FROM cps_signer WHERE namespace = $1 AND is_default', [namespace]);
  return rows.length > 0;
}

type NewSigner = Omit<Signer, 'isDefault' | 'retirement'>;

async function clearDefault(tx: Transaction, { certificate, namespace }: NewSigner): Promise<void> {
  await tx.execute(
    'UPDATE cps_signer SET is_default = false WHERE namespace = $1 AND is_default AND fingerprint <> $2',
    [namespace, certificate.fingerprint],
  );
}

async function upsert(tx: Transaction, signer: NewSigner, isDefault: boolean): Promise<Signer> {
  const { certificate, subCas, root, keyReference, namespace, addedAt } = signer;
  const rows = await tx.query<SignerRow>(
    `INSERT INTO cps_signer
       (fingerprint, namespace, der, sub_cas, root_fingerprint, root_der, key_reference, is_default, added_at,
        ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (fingerprint, namespace) DO UPDATE SET
       sub_cas = EXCLUDED.sub_cas, root_fingerprint = EXCLUDED.root_fingerprint, root_der = EXCLUDED.root_der,
       key_reference = EXCLUDED.key_reference, is_default = cps_signer.is_default OR EXCLUDED.is_default,
       ends_at = EXCLUDED.ends_at
     WHERE cps_signer.retired_at IS NULL
     RETURNING ${signerColumns}`,
    [
      certificate.fingerprint,
      namespace,
      derOf(certificate),
      subCas.map(derOf),
      root.fingerprint,
      derOf(root),
      keyReference,
      isDefault,
      addedAt,
      chainEnd(signer),
    ],
  );
  const [row] = rows;
  if (row !== undefined) return toSigner(row);
  throw new ChargeGraphError('CONFLICT', 'This signer was retired and signs no more.', {
    path: ['certificate'],
  });
}
