import { createDatabase, type Database } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';
import { endOfLog } from '../harness/events.ts';
import type { FollowedEvent } from '../harness/follower.ts';
import { readWholeLog } from '../harness/verdict.ts';
import { eventually, pause } from '../harness/wait.ts';
import type { Installation } from '../faults/installation.ts';
import { judgeLog, judgeReader, positionOf, type LogVerdict } from './judge-order.ts';
import { readFrom, readOn, wander, type Reader } from './readers.ts';
import { startWriters } from './writers.ts';

/** What became of a run. */
export interface OrderReport {
  /** How many events were committed by the writers, and how many of their transactions were rolled back or long. */
  readonly committed: number;
  readonly rolledBack: number;
  readonly long: number;
  /** How many events were logged in all. */
  readonly logged: number;
  readonly log: LogVerdict;
  /** Of each reader what {@link judgeReader} found, and how many of its events it had not had in the end. */
  readonly readers: readonly {
    readonly name: string;
    readonly had: number;
    readonly passedOver: readonly number[];
    readonly again: readonly number[];
    readonly lost: number;
  }[];
  /** Of the event of the transaction that was open all the while. */
  readonly open: {
    /** How many events were logged before it was committed. */
    readonly loggedMeanwhile: number;
    /** Whether it was in the log before. */
    readonly tooSoon: boolean;
    /** How far behind the last of those it came. */
    readonly behind: number;
  };
}

/** Locks a contract and appends its event, and leaves the transaction open; resolves with the event's id and its commit. */
async function leaveOpen(
  database: Database,
  pcid: string,
  emaid: string,
): Promise<{ id: string; commit: () => Promise<void> }> {
  return await new Promise((resolve, reject) => {
    const done = database.transaction(async (tx) => {
      await tx.query('SELECT FROM contract WHERE emaid_key = $1 FOR UPDATE', [emaid]);
      const facts = { emaid, pcid, namespaces: ['ISO15118_2'], emaidKey: emaid, pcidKey: pcid.toUpperCase() };
      const id = await appendEvent(tx, { type: 'OEM_CONTRACT_UPDATED', occurredAt: new Date(), facts });
      const enough = new AbortController();
      resolve({
        id,
        commit: () => {
          enough.abort();
          return done;
        },
      });
      // Now and then it says something, since PostgreSQL ends transactions that say nothing for a minute.
      for (let n = 0; !enough.signal.aborted; n++) {
        if (n % 200 === 199) await tx.query('SELECT 1');
        await pause(25);
      }
    });
    done.catch(reject);
  });
}

/**
 * Has 16 writers in four processes write, beside contracts that are published through the gateways, while readers read
 * at all gateways; some leave and go on, some come later. One transaction is open from before the first to after the
 * last of all others.
 *
 * @param options.transactions of each writer
 * @param options.longest the longest that a long transaction stays open after its event, in milliseconds
 * @param options.publications how many contracts are published meanwhile
 * @param options.patience how long what was committed may be on its way, in milliseconds
 */
export async function playOrder(
  all: Installation,
  options: {
    readonly transactions: number;
    readonly longest: number;
    readonly publications: number;
    readonly contracts: number;
    readonly patience: number;
  },
): Promise<OrderReport> {
  const { transactions, longest, publications, contracts, patience } = options;
  const { operator, redis, place } = all;
  const { pcid } = all.car;
  const readers: Reader[] = [];
  const databaseUrl = place.databaseUrl;
  const database = createDatabase({ url: databaseUrl, schema: 'ccp', logger: silentLogger, max: 1 });
  const writers = await startWriters({
    ...{ databaseUrl, redisUrl: redis.url, pcid, contracts, processes: 4, writersEach: 4 },
  });
  try {
    const start = await endOfLog(operator);
    readers.push(...readOn(all), wander(all, 'demo-operator', start), wander(all, 'demo-oem', start));
    const last = place.gatewayUrls.length - 1;
    readers.push(
      await readFrom(all, 'demo-oem', last, start),
      await readFrom(all, 'demo-operator', last, start),
    );
    const open = await leaveOpen(database, pcid, writers.untouched);

    const writing = writers.write({ transactions, longest });
    const publishing = (async () => {
      for (let n = 0; n < publications; n++) await all.publish();
    })();
    publishing.catch(() => undefined);
    const ended = await writing;
    await publishing;
    // What they find is all there already, or nearly.
    readers.push(await readFrom(all, 'demo-oem', 0, start), await readFrom(all, 'demo-operator', 1, start));

    const arrived = async (ids: ReadonlySet<string>): Promise<FollowedEvent[]> => {
      const log: FollowedEvent[] = [];
      const isThere = async () => {
        log.push(...(await readWholeLog(operator, log.at(-1)?.cursor ?? start)));
        const logged = new Set(log.map(({ id }) => id));
        const all = [...ids].every((id) => logged.has(id));
        return all && readers.every((each) => each.had().at(-1)?.id === each.hears(log).at(-1)?.id);
      };
      // What has not come by then is lost, and told so.
      await eventually('everything arrives', isThere, patience).catch(() => undefined);
      return log;
    };
    const ids = new Set(ended.committed.map(({ id }) => id));
    const before = await arrived(ids);
    await open.commit();
    const log = await arrived(new Set([...ids, open.id]));
    const opened = log.find(({ id }) => id === open.id);
    await Promise.all(readers.map((each) => each.stop()));

    return {
      committed: ended.committed.length,
      rolledBack: ended.rolledBack,
      long: ended.long,
      logged: log.length,
      log: judgeLog(log, ended.committed, writers.emaids),
      readers: readers.map((each) => {
        const own = each.hears(log);
        const had = each.had();
        const seen = new Set(had.map(({ id }) => id));
        const lost = own.filter(({ id }) => !seen.has(id)).length;
        return { name: each.name, had: had.length, ...judgeReader(own, had), lost };
      }),
      open: {
        loggedMeanwhile: before.length,
        tooSoon: before.some(({ id }) => id === open.id),
        behind: opened === undefined ? NaN : positionOf(opened) - positionOf(before.at(-1) ?? opened),
      },
    };
  } finally {
    await Promise.allSettled(readers.map((each) => each.stop()));
    writers.close();
    await database.close();
  }
}
