import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { DemoCredentials } from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { appendEvent, createRedisBus, insertEvents, wakeTopic } from '@chargegraph/events';
import { startTestRedis } from '@chargegraph/events/testing';
import { silentLogger as logger } from '@chargegraph/service';
import { layOutDistributed } from '../../harness/distributed.ts';
import { accessToken } from '../../harness/http.ts';
import { addRoots, openParties, prepareDatabase } from '../../harness/outsiders.ts';
import { startOwnPostgres } from '../../harness/own-postgres.ts';
import { publishNewCar } from '../../harness/parties.ts';
import type { ChargegraphProcess } from '../../harness/processes.ts';
import { makeVersions, publishData } from '../../harness/publish-events.ts';

/** A process's memory after its garbage was collected, in octets. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers and the like. */
  readonly external: number;
}

/** One gateway and four pools, each a compiled process of its own, on a PostgreSQL and a Redis of the benchmark's own. */
export interface Setting {
  readonly gatewayUrl: string;
  readonly gatewayPid: number;
  readonly redisUrl: string;
  /** Of a car maker, who hears of {@link Setting.emaids}. */
  readonly token: string;
  /** Contracts that are in the pool. */
  readonly emaids: readonly string[];
  memory(): Promise<Memory>;
  /** Publishes so many contracts through the gateway, so many at a time; resolves with how many a second. */
  publish(count: number, lanes: number): Promise<number>;
  /** Writes so many events into the pool's outbox in one transaction, and wakes its sequencer. */
  write(count: number): Promise<void>;
  /**
   * Commits events one by one at a steady rate, each in a transaction of its own, of each contract in turn.
   *
   * @returns when each was committed, in milliseconds since the epoch, by event id
   */
  writeSteadily(rate: number, count: number): Promise<ReadonlyMap<string, number>>;
  clear(): Promise<void>;
}

/** What the processes are told beside the default: the benchmark's one client has thousands of sockets. */
export const raisedLimits = {
  CHARGEGRAPH_MAX_SOCKETS: '0',
  CHARGEGRAPH_COST_PER_MINUTE: '0',
  CHARGEGRAPH_TOKENS_PER_MINUTE: '0',
  CHARGEGRAPH_HEARTBEAT_SECONDS: '3600',
} as const;

const contracts = 10;

/** Brings it up. */
export async function startSetting(publications: number): Promise<Setting> {
  const closing: (() => Promise<unknown>)[] = [];
  const clear = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await bringUp(publications, closing, clear);
  } catch (error) {
    await clear();
    throw error;
  }
}

async function bringUp(
  publications: number,
  closing: (() => Promise<unknown>)[],
  clear: () => Promise<void>,
): Promise<Setting> {
  const postgres = await startOwnPostgres();
  closing.push(() => postgres.clear());
  const redis = await startTestRedis();
  closing.push(() => redis.kill());
  const credentials: DemoCredentials = await prepareDatabase(postgres.url);
  const probe = join(import.meta.dirname, 'memory-probe.mjs');
  const place = await layOutDistributed({
    databaseUrl: postgres.url,
    settings: { ...raisedLimits, NODE_ENV: 'production', CHARGEGRAPH_REDIS_URL: redis.url },
    settingsOf: { gateway: { NODE_OPTIONS: `--expose-gc --import ${probe}` } },
  });
  closing.push(() => place.clear());
  const gateway = (await place.start()).get('gateway');
  if (gateway === undefined) throw new Error('There is no gateway.');
  const { oem, mo, operator } = await openParties(place.gatewayUrl, credentials);
  const pki = place.pkis.iso2;
  await addRoots(operator, pki);
  const car = await publishNewCar(oem, pki);
  const emaids = Array.from({ length: contracts }, (_, n) => `EMP99C0000000${n}`);
  const made = await makeVersions(pki, car, emaids, 1 + Math.ceil(publications / contracts));
  // Version by version, so that lanes publish different contracts.
  const data = Array.from({ length: made[0]?.data.length ?? 0 }, (_, n) =>
    made.map((each) => each.data[n] ?? ''),
  ).flat();
  const publish: Setting['publish'] = async (count, lanes) => {
    const began = performance.now();
    let begun = 0;
    const lane = async () => {
      while (begun++ < count) {
        const next = data.shift();
        if (next === undefined) throw new Error('There is nothing more to publish.');
        await publishData(mo, car.pcid, next);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return (count * 1_000) / (performance.now() - began);
  };
  await publish(contracts, 1);

  const database = createDatabase({ url: postgres.url, schema: 'ccp', logger, max: 8 });
  closing.push(() => database.close());
  const bus = createRedisBus({ url: redis.url, logger });
  closing.push(() => bus.close());
  const wake = () => bus.publish(wakeTopic('ccp'), '').catch(() => undefined);
  const factsOf = (emaid: string) => ({
    ...{ emaid, pcid: car.pcid, namespaces: ['ISO15118_2'], emaidKey: emaid.slice(0, 14) },
    ...{ pcidKey: car.pcid.toUpperCase(), wmi: car.pcid.slice(0, 3), providerId: emaid.slice(0, 5) },
    v2gRootFingerprint: 'ab'.repeat(32),
  });

  return {
    gatewayUrl: place.gatewayUrl,
    gatewayPid: gateway.pid,
    redisUrl: redis.url,
    token: await accessToken(place.gatewayUrl, credentials['demo-oem']),
    emaids,
    memory: () => memoryOf(gateway),
    publish,
    write: async (count) => {
      await database.execute(
        `${insertEvents} SELECT gen_random_uuid(), 'OEM_CONTRACT_UPDATED', now(),
           ($2::text::jsonb)->(i % ${contracts})::int FROM generate_series(1, $1::bigint) i`,
        [count, JSON.stringify(emaids.map(factsOf))],
      );
      await wake();
    },
    writeSteadily: async (rate, count) => {
      const committedAt = new Map<string, number>();
      const began = performance.now();
      const write = async (emaid: string) => {
        const id = randomUUID();
        await database.transaction(async (tx) => {
          await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [emaid]);
          await appendEvent(tx, {
            id,
            type: 'OEM_CONTRACT_UPDATED',
            occurredAt: new Date(),
            facts: factsOf(emaid),
          });
        });
        committedAt.set(id, Date.now());
        await wake();
      };
      const writing: Promise<void>[] = [];
      for (let n = 0; n < count; n++) {
        const early = began + (n * 1_000) / rate - performance.now();
        if (early > 1) await delay(early);
        writing.push(write(emaids[n % contracts] ?? ''));
      }
      await Promise.all(writing);
      return committedAt;
    },
    clear,
  };
}

/** Asks the probe that is loaded into the process. */
async function memoryOf(process: ChargegraphProcess): Promise<Memory> {
  const said = () => [...process.stdout().matchAll(/^memory (.*)$/gm)];
  const before = said().length;
  process.signal('SIGUSR2');
  for (;;) {
    await delay(50);
    const line = said()[before]?.[1];
    if (line !== undefined) return JSON.parse(line) as Memory;
  }
}
