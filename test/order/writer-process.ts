/**
 * A process that writes contract events as a pool's process does: some writers at a time, each with a connection of its
 * own. Started by `writers.ts`, which tells it what to write; what it has committed it tells back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase, type Transaction } from '@chargegraph/database';
import { appendEvent, createRedisBus, wakeTopic } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';
import { orderSequence, type CommittedEvent, type Ended, type Orders } from './orders.ts';

/** Thrown to have a transaction rolled back. */
class InVain extends Error {}

async function write(orders: Orders): Promise<Ended> {
  const { databaseUrl, redisUrl, emaids, pcid, writers, transactions, longest } = orders;
  const database = createDatabase({ url: databaseUrl, schema: 'ccp', logger: silentLogger, max: writers });
  const bus = createRedisBus({ url: redisUrl, logger: silentLogger });
  const committed: CommittedEvent[] = [];
  let [rolledBack, long] = [0, 0];

  /** The next event of a contract whose row is locked: its turn is the contract's, since nobody else can take one now. */
  const appendTo = async (tx: Transaction, emaid: string): Promise<CommittedEvent> => {
    const [row] = await tx.query<{ turn: string }>(`SELECT nextval('${orderSequence}') AS turn`);
    const id = await appendEvent(tx, {
      type: 'OEM_CONTRACT_UPDATED',
      occurredAt: new Date(),
      facts: { emaid, pcid, namespaces: ['ISO15118_2'], emaidKey: emaid, pcidKey: pcid.toUpperCase() },
    });
    return { id, emaid, turn: Number(row?.turn) };
  };

  const oneTransaction = async (): Promise<void> => {
    const any = () => emaids[Math.floor(Math.random() * emaids.length)] ?? '';
    // Some are about two contracts, as a cascade's is about several; locked in one order, so that none waits for ever.
    const about = [...new Set(Math.random() < 0.2 ? [any(), any()] : [any()])].sort();
    const [fails, lasts] = [Math.random() < 0.15, Math.random() < 0.06];
    try {
      const events = await database.transaction(async (tx) => {
        tx.afterCommit(() => {
          bus.publish(wakeTopic('ccp'), '').catch(() => undefined);
        });
        const made: CommittedEvent[] = [];
        for (const emaid of about) {
          await tx.query('SELECT FROM contract WHERE emaid_key = $1 FOR UPDATE', [emaid]);
          made.push(await appendTo(tx, emaid));
        }
        if (lasts) await delay(Math.random() * longest);
        if (fails) throw new InVain();
        // One that lasted has more to tell at its end.
        if (lasts) made.push(await appendTo(tx, about[0] ?? ''));
        return made;
      });
      committed.push(...events);
      if (lasts) long += 1;
    } catch (error) {
      if (!(error instanceof InVain)) throw error;
      rolledBack += 1;
    }
  };

  const writer = async (): Promise<void> => {
    for (let n = 0; n < transactions; n++) await oneTransaction();
  };
  await Promise.all(Array.from({ length: writers }, writer));
  await bus.close();
  await database.close();
  return { committed, rolledBack, long };
}

process.once('message', (orders: Orders) => {
  void write(orders).then((ended) => {
    process.send?.(ended, () => {
      process.disconnect();
    });
  });
});
process.send?.('ready');
