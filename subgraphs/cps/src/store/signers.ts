import { recordWrite } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Namespace, Signer, SignerStore } from '../domain/signer.ts';
import { derOf, signerColumns, toSigner, type SignerRow } from './rows.ts';

const rank = '(CASE WHEN is_default THEN 0 ELSE 1 END)';

/** The signers in PostgreSQL. */
export function createSignerStore(database: Database, prisma: PrismaClient): SignerStore {
  return {
    async find(fingerprint, namespace) {
      const row = await prisma.cpsSigner.findUnique({
        where: { fingerprint_namespace: { fingerprint, namespace } },
      });
      return row === null ? undefined : toSigner(row);
    },

    async page(page) {
      const params: unknown[] = [page.limit + 1];
      let where = 'true';
      if (page.from !== undefined) {
        params.push(...page.from);
        where = `(${rank}, added_at, fingerprint, namespace) ${page.backward ? '<' : '>'}
          ($2::int, $3::timestamptz, $4::text, $5::namespace)`;
      }
      const direction = page.backward ? 'DESC' : 'ASC';
      const order = [rank, 'added_at', 'fingerprint', 'namespace'].map((column) => `${column} ${direction}`);
      const rows = await database.query<SignerRow>(
        `SELECT ${signerColumns} FROM cps_signer WHERE ${where} ORDER BY ${order.join(', ')} LIMIT $1`,
        params,
      );
      return rows.map(toSigner);
    },

    async count() {
      const rows = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM cps_signer');
      return rows[0]?.count ?? 0;
    },

    async ofNamespace(namespace) {
      const rows = await database.query<SignerRow>(
        `SELECT ${signerColumns} FROM cps_signer WHERE namespace = $1`,
        [namespace],
      );
      return rows.map(toSigner);
    },

    add: (signer, makeDefault, act) =>
      database.transaction(async (tx) => {
        // Which signer is the default is decided over all of them, so additions come one after the other.
        await tx.execute('LOCK TABLE cps_signer IN SHARE ROW EXCLUSIVE MODE');
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
  };
}

/** Everything that is stored of a signer, as one text; undefined when it is not there. */
async function rowOf(
  tx: Transaction,
  { certificate, namespace }: Omit<Signer, 'isDefault'>,
): Promise<string | undefined> {
  const rows = await tx.query<{ row: string }>(
    'SELECT s::text AS row FROM cps_signer s WHERE fingerprint = $1 AND namespace = $2',
    [certificate.fingerprint, namespace],
  );
  return rows[0]?.row;
}

async function hasDefault(tx: Transaction, namespace: Namespace): Promise<boolean> {
  const rows = await tx.query('SELECT FROM cps_signer WHERE namespace = $1 AND is_default', [namespace]);
  return rows.length > 0;
}

async function clearDefault(
  tx: Transaction,
  { certificate, namespace }: Omit<Signer, 'isDefault'>,
): Promise<void> {
  await tx.execute(
    'UPDATE cps_signer SET is_default = false WHERE namespace = $1 AND is_default AND fingerprint <> $2',
    [namespace, certificate.fingerprint],
  );
}

async function upsert(
  tx: Transaction,
  signer: Omit<Signer, 'isDefault'>,
  isDefault: boolean,
): Promise<Signer> {
  const { certificate, subCas, root, keyReference, namespace, addedAt } = signer;
  const rows = await tx.query<SignerRow>(
    `INSERT INTO cps_signer
       (fingerprint, namespace, der, sub_cas, root_fingerprint, root_der, key_reference, is_default, added_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (fingerprint, namespace) DO UPDATE SET
       sub_cas = EXCLUDED.sub_cas, root_fingerprint = EXCLUDED.root_fingerprint, root_der = EXCLUDED.root_der,
       key_reference = EXCLUDED.key_reference, is_default = cps_signer.is_default OR EXCLUDED.is_default
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
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The signer was not stored.');
  return toSigner(row);
}
