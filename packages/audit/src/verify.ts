import type { Database, Transaction } from '@chargegraph/database';
import { firstHash, recordColumns, recordHash, type ChainedRecord } from './chain.ts';

/** A place in a pool's chain and the hash there. */
export interface ChainPoint {
  readonly position: bigint;
  /** Lower-case hexadecimal. */
  readonly hash: string;
}

/** What is wrong with a chain, and where the first thing is. */
export interface ChainFault {
  readonly position: bigint;
  /** One sentence. */
  readonly reason: string;
}

/** What reading a pool's whole chain came to, all of one moment. */
export interface ChainReport {
  readonly pool: string;
  /** The last record that was read and found right, whose position is 0 when there is none. */
  readonly sealed: ChainPoint;
  /** What is committed and not sealed yet: in no chain, so nobody can say whether it is whole. */
  readonly open: { readonly count: number; readonly oldest: Date | undefined };
  /** Undefined for a whole chain. */
  readonly fault: ChainFault | undefined;
}

/** Records read at once. */
const batchSize = 1_000;

/** Columns may hold what their constraints forbid, once somebody has dropped those. */
type StoredRecord = { readonly [Name in keyof ChainedRecord]: ChainedRecord[Name] | null } & {
  readonly hash: Buffer | null;
};

/** A fault, thrown out of the reading. */
class Broken extends Error {
  readonly fault: ChainFault;

  constructor(position: bigint, reason: string) {
    super(reason);
    this.fault = { position, reason };
  }
}

/**
 * Reads a pool's chain from its first record to its head and recomputes every hash, in batches of bounded size; what
 * is sealed meanwhile does not disturb it. Finds a record that was changed, removed, put in or moved, and a chain
 * whose head is not its last record. A chain that was rewritten as a whole, head included, is found only by `expected`:
 * points of it that were noted before.
 */
export async function verifyChain(
  database: Database,
  expected: readonly ChainPoint[] = [],
): Promise<ChainReport> {
  return await database.transaction(
    async (tx) => {
      await tx.execute('SET TRANSACTION READ ONLY');
      const walk = new Walk(database.schema, expected);
      let fault: ChainFault | undefined;
      try {
        walk.checkExpected();
        await readAll(tx, (record) => {
          walk.take(record);
        });
        walk.end(await tx.query('SELECT position, hash FROM audit_head'));
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        ({ fault } = error);
      }
      const [open] = await tx.query<{ count: number; oldest: Date | null }>(
        'SELECT count(*)::int AS count, min(occurred_at) AS oldest FROM audit_open',
      );
      return {
        pool: database.schema,
        sealed: walk.sealed,
        open: { count: open?.count ?? 0, oldest: open?.oldest ?? undefined },
        fault,
      };
    },
    { isolation: 'repeatable read' },
  );
}

/** Hands every record over in the order of positions: all that the table holds, whatever its keys say. */
async function readAll(tx: Transaction, take: (record: StoredRecord) => void): Promise<void> {
  await tx.execute(
    `DECLARE chain NO SCROLL CURSOR FOR
     SELECT position, ${recordColumns}, hash FROM audit_record ORDER BY position`,
  );
  for (;;) {
    const records = await tx.query<StoredRecord>(`FETCH ${String(batchSize)} FROM chain`);
    for (const record of records) take(record);
    if (records.length < batchSize) break;
  }
  await tx.execute('CLOSE chain');
}

const isWhole = (record: StoredRecord): record is ChainedRecord & { readonly hash: Buffer } =>
  Object.entries(record).every(([name, value]) => value !== null || name === 'code' || name === 'detail') &&
  // PostgreSQL knows times that are no instant, such as `infinity`.
  Number.isFinite(Number(record.occurredAt));

/** Goes along a chain, record by record. */
class Walk {
  readonly #pool: string;
  readonly #expected: readonly ChainPoint[];
  #position = 0n;
  #hash: Uint8Array = firstHash;

  constructor(pool: string, expected: readonly ChainPoint[]) {
    this.#pool = pool;
    this.#expected = expected;
  }

  get sealed(): ChainPoint {
    return { position: this.#position, hash: hex(this.#hash) };
  }

  take(record: StoredRecord): void {
    const next = this.#position + 1n;
    if (record.position === null) throw new Broken(next, 'A record without a position was put in.');
    const found = BigInt(record.position);
    if (found < next) {
      throw new Broken(
        found,
        `A record was put in at position ${String(found)}, which the chain has already.`,
      );
    }
    if (found > next) {
      throw new Broken(
        next,
        `The record at position ${String(next)} is missing: the next is ${String(found)}.`,
      );
    }
    const changed = `The record at position ${String(next)} is not the one that was sealed there`;
    if (!isWhole(record)) throw new Broken(next, `${changed}: a value is missing or impossible.`);
    const hash = recordHash(this.#pool, this.#hash, record);
    if (!hash.equals(record.hash)) throw new Broken(next, `${changed}: its hash is another.`);
    this.#position = next;
    this.#hash = hash;
    this.checkExpected();
  }

  /** Compares the place that was reached with what was noted of it before. */
  checkExpected(): void {
    const { position, hash } = this.sealed;
    if (this.#expected.every((point) => point.position !== position || point.hash === hash)) return;
    throw new Broken(
      position,
      `The hash at position ${String(position)} is not the one noted before: the chain was rewritten.`,
    );
  }

  /** Checks the head, and that nothing is missing behind it. */
  end(heads: readonly { readonly position: string; readonly hash: Buffer }[]): void {
    const last = this.#position;
    const [head, ...others] = heads;
    if (head === undefined || others.length > 0) {
      throw new Broken(last, `The chain has ${String(heads.length)} heads instead of one.`);
    }
    const stated = BigInt(head.position);
    if (stated > last) {
      throw new Broken(
        last + 1n,
        `The chain is cut off: it ends at position ${String(last)}, and its head says ${String(stated)}.`,
      );
    }
    if (stated < last) {
      throw new Broken(
        stated + 1n,
        `Records were put in: the chain goes on to position ${String(last)}, and its head says ${String(stated)}.`,
      );
    }
    if (!head.hash.equals(this.#hash)) {
      throw new Broken(last, `The head's hash is not that of the record at position ${String(last)}.`);
    }
    const beyond = this.#expected.find((point) => point.position > last);
    if (beyond === undefined) return;
    throw new Broken(
      last + 1n,
      `The chain is cut off: it ends at position ${String(last)}, and position ${String(beyond.position)} was noted before.`,
    );
  }
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
