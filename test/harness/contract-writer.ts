import { randomUUID } from 'node:crypto';
import { createDatabase, type Database } from '@chargegraph/database';
import { appendEvent, createRedisBus, wakeTopic } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';
import { pause } from './wait.ts';

/** Writes contract events into the contract pool's database, as fast as it takes them. */
export interface ContractWriter {
  /** The contracts. */
  readonly emaids: readonly string[];
  /** Ids of the events that were committed, per contract, in the order of their commits. */
  readonly committed: ReadonlyMap<string, readonly string[]>;
  /** How many. */
  count(): number;
  /** When each was known to be committed, in milliseconds since the epoch. */
  readonly committedAt: ReadonlyMap<string, number>;
  /** Writes so many more, over any fault; resolves when all are committed. */
  write(count: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A writer that does what a mutation does about its event and nothing else: it locks what the event is about, appends the
 * event in the same transaction (the pool's own unit of work) and wakes the pool's sequencer after the commit. A
 * transaction of which nobody knows whether it was committed is run again with the same event id, which the log takes
 * once.
 *
 * @param options.pcid the car whose contracts these are
 * @param options.contracts so many contracts change, each by one transaction at a time
 * @param options.rate most events a second; as many as go unless given
 */
export function createContractWriter(options: {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** As the installation has it; the default unless given. */
  readonly redisPrefix?: string;
  readonly pcid: string;
  readonly contracts: number;
  readonly rate?: number;
}): ContractWriter {
  const { databaseUrl, redisUrl, redisPrefix, pcid, contracts, rate } = options;
  const database: Database = createDatabase({
    url: databaseUrl,
    schema: 'ccp',
    logger: silentLogger,
    max: 8,
    statementTimeout: 5_000,
  });
  const bus = createRedisBus({
    url: redisUrl,
    ...(redisPrefix !== undefined && { prefix: redisPrefix }),
    logger: silentLogger,
  });
  const committed = new Map<string, string[]>();
  const committedAt = new Map<string, number>();
  let count = 0;

  const emaids = Array.from({ length: contracts }, (_, n) => `EMP99C${String(n).padStart(8, '0')}`);
  const busy = new Set<string>();

  const writeOne = async (emaid: string): Promise<void> => {
    const id = randomUUID();
    for (;;) {
      try {
        await database.transaction(async (tx) => {
          await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('test ' || $1, 0))", [emaid]);
          await appendEvent(tx, {
            id,
            type: 'OEM_CONTRACT_UPDATED',
            occurredAt: new Date(),
            facts: { emaid, pcid, namespaces: ['ISO15118_2'], emaidKey: emaid, pcidKey: pcid.toUpperCase() },
          });
        });
        break;
      } catch {
        await pause(50);
      }
    }
    committedAt.set(id, Date.now());
    const ids = committed.get(emaid) ?? [];
    committed.set(emaid, ids);
    ids.push(id);
    count += 1;
    bus.publish(wakeTopic('ccp'), '').catch(() => undefined);
  };

  return {
    emaids,
    committed,
    committedAt,
    count: () => count,
    write: async (more) => {
      let begun = 0;
      const since = Date.now();
      const worker = async (): Promise<void> => {
        while (begun < more) {
          const emaid = emaids[(begun * 7) % emaids.length] ?? '';
          const ahead = rate === undefined ? 0 : (begun / rate) * 1_000 - (Date.now() - since);
          begun += 1;
          // One transaction of a contract at a time, so that what is written down here is the order of the commits.
          while (busy.has(emaid)) await pause(1);
          busy.add(emaid);
          if (ahead > 5) await pause(ahead);
          await writeOne(emaid);
          busy.delete(emaid);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
    },
    close: async () => {
      await bus.close();
      await database.close();
    },
  };
}
