/**
 * Drain: a gateway is told to stop while consumers of one client are connected to it, and all of them go on at the other
 * one, with the limits that are the default.
 *
 *   pnpm test:drain [consumers] [--seconds <drain>] [--rate <events a second>]
 *
 * Ends with 1 unless nothing was lost, disordered or refused.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createDatabase } from '@chargegraph/database';
import { hasRedis, startTestRedis } from '@chargegraph/events/testing';
import { silentLogger } from '@chargegraph/service';
import { createContractWriter } from '../harness/contract-writer.ts';
import { layOutDistributed } from '../harness/distributed.ts';
import { accessToken } from '../harness/http.ts';
import { addRoots, openParties, prepareDatabase } from '../harness/outsiders.ts';
import { startOwnPostgres } from '../harness/own-postgres.ts';
import { publishNewCar } from '../harness/parties.ts';
import { pause } from '../harness/wait.ts';
import { moveConsumers } from './move.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' }, rate: { type: 'string', default: '50' } },
});
const count = Number(positionals[0] ?? 2_000);
const [seconds, rate] = [Number(values.seconds), Number(values.rate)];
const contracts = 100;
const named = Math.min(100, Math.floor(count / 2));
if (![count, rate].every((n) => Number.isSafeInteger(n) && n > 0) || !(seconds >= 0)) {
  console.error('Use: pnpm test:drain [consumers] [--seconds <drain>] [--rate <events a second>]');
  process.exit(2);
}
if (!hasRedis) {
  console.error('The drain needs redis-server in the path.');
  process.exit(2);
}

const closing: (() => Promise<unknown>)[] = [];
const verdict = await drain().finally(async () => {
  for (const close of closing.reverse()) await close();
});
process.exit(verdict);

/** Resident memory of a process in MiB, where that can be read. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

/** Seconds of processor time that a process has had, where that can be read. */
async function processorTimeOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Of user and system, in clock ticks, of which there are a hundred a second on Linux.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

async function drain(): Promise<number> {
  const postgres = await startOwnPostgres();
  closing.push(() => postgres.clear());
  const redis = await startTestRedis();
  closing.push(() => redis.kill());
  const credentials = await prepareDatabase(postgres.url);
  const place = await layOutDistributed({
    gateways: 2,
    databaseUrl: postgres.url,
    settings: { CHARGEGRAPH_REDIS_URL: redis.url, CHARGEGRAPH_DRAIN_SECONDS: String(seconds) },
  });
  closing.push(() => place.clear());
  const processes = await place.start();
  const { oem, operator } = await openParties(place.gatewayUrl, credentials);
  await addRoots(operator, place.pkis.iso2);
  const { pcid } = await publishNewCar(oem, place.pkis.iso2);
  const writer = createContractWriter({
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    pcid,
    contracts,
    rate,
  });
  closing.push(() => writer.close());
  const database = createDatabase({ url: postgres.url, schema: 'ccp', logger: silentLogger, max: 1 });
  closing.push(() => database.close());
  /** How often the log's head was read, which is done with each read of the log, each write to it and each lease. */
  const reads = async (): Promise<number> => {
    const [row] = await database.query<{ scans: string }>(
      "SELECT seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE schemaname = 'ccp' AND relname = 'log_head'",
    );
    return Number(row?.scans);
  };
  const [first, other] = [processes.get('gateway-2'), processes.get('gateway')];
  const say = (line: string) => {
    console.log(line);
  };
  const empty = await memoryOf(first?.pid);
  let [full, readBefore, usualReads, busyBefore, began] = [0, 0, 0, 0, 0];
  const { standing, outcome, logged, took } = await moveConsumers({
    urls: [place.gatewayUrls[1] ?? '', place.gatewayUrl],
    token: await accessToken(place.gatewayUrl, credentials['demo-oem']),
    operator,
    writer,
    emaids: writer.emaids,
    consumers: count - named,
    named,
    say,
    drain: async () => {
      full = await memoryOf(first?.pid);
      const [quietly, before] = [performance.now(), await reads()];
      await pause(2_000);
      readBefore = await reads();
      usualReads = (readBefore - before) / ((performance.now() - quietly) / 1_000);
      busyBefore = await processorTimeOf(other?.pid);
      began = performance.now();
      first?.signal('SIGTERM');
      await first?.ended;
    },
  });
  const lasted = (performance.now() - began) / 1_000;
  const readsThen = ((await reads()) - readBefore) / lasted;
  const busy = (await processorTimeOf(other?.pid)) - busyBefore;
  say(
    `gateway's memory: ${empty} MiB empty, ${full} MiB with them; the other one has ${await memoryOf(other?.pid)} MiB`,
  );
  say(`the other one worked ${busy.toFixed(1)} s in ${lasted.toFixed(1)} s, telling events among that`);
  say(
    `reads of the log's head a second: ${usualReads.toFixed(0)} before, ${readsThen.toFixed(0)} from the word to stop to the end`,
  );
  say(`let in at the drained and the other gateway: ${standing.letIn.join(' and ')}`);
  say(`closed, by gateway and code: ${JSON.stringify(standing.closed)}`);
  say(`let in elsewhere before the last was closed: ${standing.movedBeforeLast}`);
  say(`refused: ${JSON.stringify(standing.refused)}`);
  say(`${logged} events logged, ${outcome.had} told: ${JSON.stringify(outcome)}`);
  const isRight =
    outcome.lost + outcome.foreign + outcome.disordered === 0 &&
    Object.keys(standing.refused).length === 0 &&
    Object.keys(standing.closed).every((key) => key === '0 4450');
  say(
    isRight
      ? `All ${count} moved in ${(took / 1_000).toFixed(1)} s; nothing was lost or refused.`
      : 'THIS IS WRONG.',
  );
  // What the processes had to say about it.
  if (!isRight) for (const [part, { stderr, stdout }] of processes) say(`${part}: ${stdout()}${stderr()}`);
  return isRight ? 0 : 1;
}
