import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { appendEvent, createInProcessBus, createSequencer } from '@chargegraph/events';
import { silentLogger as logger } from '@chargegraph/service';
import { ccpMigrations } from '@chargegraph/ccp';

/** Transactions a second that do nothing but append an event. */
export interface Throughput {
  readonly one: number;
  readonly sixteen: number;
  /** With a sequencer at work in the same process, as in a pool. */
  readonly oneMoved: number;
  readonly sixteenMoved: number;
}

const facts = { emaid: 'EMP99C12345678', pcid: 'WMI0123456789ABCD', namespaces: ['ISO15118_2'] };

/** Transactions a second over so many connections, for so many milliseconds. */
async function rate(database: Database, connections: number, milliseconds: number, wake: () => void) {
  const begun = performance.now();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - begun < milliseconds) {
      await database.transaction(async (tx) => {
        tx.afterCommit(wake);
        await appendEvent(tx, { type: 'OEM_CONTRACT_UPDATED', occurredAt: new Date(), facts });
      });
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return count / ((performance.now() - begun) / 1_000);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Measures in turns, each so many times, on a contract pool's tables in an empty database. */
export async function measureThroughput(url: string, rounds: number): Promise<Throughput> {
  await migrate({ url, schema: 'ccp', folder: ccpMigrations, logger });
  const database = createDatabase({ url, schema: 'ccp', logger, max: 18 });
  const nobody = () => undefined;
  const taken: Record<keyof Throughput, number[]> = { one: [], sixteen: [], oneMoved: [], sixteenMoved: [] };
  try {
    await rate(database, 16, 1_000, nobody);
    for (let round = 0; round < rounds; round++) {
      await database.execute('TRUNCATE outbox');
      taken.one.push(await rate(database, 1, 1_500, nobody));
      taken.sixteen.push(await rate(database, 16, 1_500, nobody));
      await database.execute('TRUNCATE outbox');
      const sequencer = createSequencer({ database, pool: 'ccp', bus: createInProcessBus(), logger });
      sequencer.start();
      taken.oneMoved.push(await rate(database, 1, 1_500, sequencer.wake));
      taken.sixteenMoved.push(await rate(database, 16, 1_500, sequencer.wake));
      await sequencer.stop();
    }
  } finally {
    await database.close();
  }
  return {
    one: median(taken.one),
    sixteen: median(taken.sixteen),
    oneMoved: median(taken.oneMoved),
    sixteenMoved: median(taken.sixteenMoved),
  };
}
