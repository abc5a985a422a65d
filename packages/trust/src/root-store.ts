import type { Database, Transaction } from '@chargegraph/database';
import { moveConsumerCursor, type LogPosition } from '@chargegraph/events';
import type { RootStore, RootTransaction } from './follow-roots.ts';
import { rootPoolName } from './root-pool.ts';
import type { RootType, TrustedRoot } from './root-set.ts';
import type { RootTable } from './snapshot.ts';

/** The consumer's name: of its cursor and of its lock. */
export const consumerName = rootPoolName;

interface CursorRow {
  readonly log_id: string | null;
  readonly position: string | null;
}

const toPosition = ({ log_id: logId, position }: CursorRow): LogPosition | undefined =>
  logId === null ? undefined : { logId, position: Number(position) };

/** The state and the cursor; both are one row at most. */
const stateAndCursor = `FROM trusted_root_state s LEFT JOIN consumer_cursor c ON c.name = '${consumerName}'`;
const age = `(extract(epoch FROM clock_timestamp() - s.followed_at) * 1000)::float8 AS age`;

/** What the following of RCP's log keeps, in the pool's PostgreSQL. */
export function createRootStore(database: Database): RootStore & RootTable {
  return {
    async begin() {
      const [row] = await database.query<CursorRow & { now: Date; followed_at: Date | null }>(
        `SELECT c.log_id, c.position, clock_timestamp() AS now, s.followed_at ${stateAndCursor}`,
      );
      if (row === undefined) throw new Error('The trusted roots have no state.');
      return { cursor: toPosition(row), now: row.now, followedAt: row.followed_at ?? undefined };
    },

    async followed(at) {
      await database.execute('UPDATE trusted_root_state SET followed_at = $1', [at]);
    },

    transaction: (work) => database.transaction((tx) => work(createRootTransaction(tx))),

    async state() {
      const [row] = await database.query<{ revision: string; age: number | null }>(
        `SELECT s.revision, ${age} FROM trusted_root_state s`,
      );
      if (row === undefined) throw new Error('The trusted roots have no state.');
      return { revision: row.revision, age: row.age ?? undefined };
    },

    // One statement, so that roots, cursor and state are of one moment.
    async read() {
      const rows = await database.query<
        CursorRow & { revision: string; age: number | null; type: RootType | null; der: Uint8Array | null }
      >(
        `SELECT s.revision, ${age}, c.log_id, c.position, r.type, r.der ${stateAndCursor}
           LEFT JOIN trusted_root r ON true ORDER BY r.fingerprint`,
      );
      const [top] = rows;
      if (top === undefined) throw new Error('The trusted roots have no state.');
      return {
        revision: top.revision,
        age: top.age ?? undefined,
        position: toPosition(top),
        roots: rows.flatMap(({ type, der }) => (type === null || der === null ? [] : [{ type, der }])),
      };
    },
  };
}

function createRootTransaction(tx: Transaction): RootTransaction {
  const revise = () => tx.execute('UPDATE trusted_root_state SET revision = revision + 1');
  const upsert = ({ type, certificate }: TrustedRoot) =>
    tx.execute(
      `INSERT INTO trusted_root (fingerprint, type, der, not_after) VALUES ($1, $2, $3, $4)
       ON CONFLICT (fingerprint) DO UPDATE SET type = EXCLUDED.type`,
      [certificate.fingerprint, type, certificate.der, certificate.notAfter],
    );
  return {
    moveCursor: (from, to) => moveConsumerCursor(tx, consumerName, from, to),

    async keep(root) {
      await upsert(root);
      await revise();
    },

    async remove(fingerprint) {
      await tx.execute('DELETE FROM trusted_root WHERE fingerprint = $1', [fingerprint]);
      await revise();
    },

    async replace(roots) {
      const kept = roots.map(({ certificate }) => certificate.fingerprint);
      await tx.execute('DELETE FROM trusted_root WHERE fingerprint <> ALL ($1)', [kept]);
      for (const root of roots) await upsert(root);
      await revise();
    },
  };
}
