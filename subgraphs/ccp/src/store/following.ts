import type { Database, Transaction } from '@chargegraph/database';
import { moveConsumerCursor, readConsumerCursor } from '@chargegraph/events';
import type { Contract, Namespace } from '../domain/contract.ts';
import { byCascade, type CarKey, type Loss } from '../domain/cascade.ts';
import type { Comparison, FollowingStore, FollowingTransaction } from '../domain/follow-provisioning.ts';
import { createContractTransaction } from './contract-transaction.ts';
import { contractColumns } from './rows.ts';

/** The consumer's name: of its cursor and of its lock. */
export const consumerName = 'pcp';

/** What the following of PCP's log keeps, in PostgreSQL. */
export function createFollowingStore({
  database,
  onEvent,
}: {
  readonly database: Database;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
}): FollowingStore {
  return {
    cursor: () => readConsumerCursor(database, consumerName),

    async comparison() {
      const [row] = await database.query<ComparisonRow>(
        `SELECT from_log_id, from_position, log_id, position, pcid, namespace FROM comparison WHERE consumer = $1`,
        [consumerName],
      );
      return row === undefined ? undefined : toComparison(row);
    },

    async keepComparison({ from, head, after }) {
      await database.execute(
        `INSERT INTO comparison (consumer, from_log_id, from_position, log_id, position, pcid, namespace)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (consumer) DO UPDATE SET
           from_log_id = excluded.from_log_id, from_position = excluded.from_position, log_id = excluded.log_id,
           position = excluded.position, pcid = excluded.pcid, namespace = excluded.namespace`,
        [
          consumerName,
          from?.logId ?? null,
          from?.position ?? null,
          head.logId,
          head.position,
          after.pcid,
          after.namespace,
        ],
      );
    },

    async cars(after, limit) {
      const rows = await database.query<CarKey & { readonly epoch: string }>(
        `SELECT pcid, namespace, epoch FROM car_epoch
          WHERE $1::text IS NULL OR (pcid, namespace) > ($1, $2::namespace)
          ORDER BY pcid, namespace LIMIT $3`,
        [after?.pcid ?? null, after?.namespace ?? null, limit],
      );
      return rows.map((row) => ({ ...row, epoch: BigInt(row.epoch) }));
    },

    transaction: (work) => database.transaction((tx) => work(createFollowingTransaction(tx, onEvent))),
  };
}

interface ComparisonRow extends CarKey {
  readonly from_log_id: string | null;
  readonly from_position: string | null;
  readonly log_id: string;
  readonly position: string;
}

function toComparison({ from_log_id, from_position, log_id, position, ...after }: ComparisonRow): Comparison {
  return {
    from: from_log_id === null ? undefined : { logId: from_log_id, position: Number(from_position) },
    head: { logId: log_id, position: Number(position) },
    after,
  };
}

/** True of a row of `signed_contract_data` whose data has to go: $2 is the generation, $3 and $4 the epochs. */
const isStale = `d.namespace = $2 AND (d.epoch < $3 OR (d.epoch > $3 AND d.epoch <= $4))`;

const staleParams = ({ namespace, epoch, lostUpTo }: Loss) => [
  namespace,
  epoch.toString(),
  (lostUpTo ?? 0n).toString(),
];

function createFollowingTransaction(tx: Transaction, onEvent: () => void): FollowingTransaction {
  return {
    ...createContractTransaction(tx, byCascade(), onEvent),

    moveCursor: (from, to) => moveConsumerCursor(tx, consumerName, from, to),

    async endComparison() {
      await tx.execute('DELETE FROM comparison WHERE consumer = $1', [consumerName]);
    },

    lockStale: (loss) =>
      tx.query<Contract>(
        `SELECT ${contractColumns} FROM contract c
          WHERE c.pcid = $1 AND EXISTS (SELECT FROM signed_contract_data d
                                         WHERE d.emaid_key = c.emaid_key AND ${isStale})
          ORDER BY c.emaid_key FOR UPDATE OF c`,
        [loss.pcid, ...staleParams(loss)],
      ),

    removeStale: (emaidKey, loss) =>
      tx.execute(`DELETE FROM signed_contract_data d WHERE d.emaid_key = $1 AND ${isStale}`, [
        emaidKey,
        ...staleParams(loss),
      ]),

    async generations(emaidKey) {
      const rows = await tx.query<{ readonly namespace: Namespace }>(
        'SELECT DISTINCT namespace FROM signed_contract_data WHERE emaid_key = $1 ORDER BY namespace',
        [emaidKey],
      );
      return rows.map(({ namespace }) => namespace);
    },

    async removeDefault(emaidKey, namespace) {
      const sql = 'DELETE FROM contract_default WHERE emaid_key = $1 AND namespace = $2';
      await tx.execute(sql, [emaidKey, namespace]);
    },

    async epochOf({ pcid, namespace }) {
      const [row] = await tx.query<{ readonly epoch: string }>(
        'SELECT epoch FROM car_epoch WHERE pcid = $1 AND namespace = $2',
        [pcid, namespace],
      );
      return BigInt(row?.epoch ?? 0);
    },

    async close({ pcid, namespace, epoch }) {
      await tx.execute(
        'UPDATE car_epoch SET closed = true WHERE pcid = $1 AND namespace = $2 AND epoch = $3',
        [pcid, namespace, epoch.toString()],
      );
    },

    async setEpochBack({ pcid, namespace }, epoch) {
      await tx.execute('DELETE FROM car_epoch WHERE pcid = $1 AND namespace = $2', [pcid, namespace]);
      if (epoch === undefined) return;
      const sql = 'INSERT INTO car_epoch (pcid, namespace, epoch) VALUES ($1, $2, $3)';
      await tx.execute(sql, [pcid, namespace, epoch.toString()]);
    },

    async adopt({ pcid, namespace }, epoch) {
      await tx.execute(
        `UPDATE signed_contract_data d SET epoch = $3 FROM contract c
          WHERE c.emaid_key = d.emaid_key AND c.pcid = $1 AND d.namespace = $2 AND d.epoch = 0`,
        [pcid, namespace, epoch.toString()],
      );
    },
  };
}
