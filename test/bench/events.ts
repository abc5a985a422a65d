/**
 * What events cost on their way to subscribers: one gateway and four pools, compiled, each a process of its own, on a
 * PostgreSQL and a Redis of the benchmark's own, and the clients in yet another process. Whatever is told goes all the way:
 * outbox, sequencer, log, Redis, the gateway's tail, websocket. Beside it, in the same run, what Redis takes for a message and
 * what a bare websocket server does that sends the same octets to the same clients.
 *
 * `--subscribers 1,100,1000,5000` says how many there are at most of each kind, `--seconds 5` about how long each measurement
 * takes, `--stall 30` for how long some stop reading (0: not at all), `--json` prints JSON. Needs redis-server. The
 * limits that would keep one client from having thousands of sockets are off.
 */
import { parseArgs } from 'node:util';
import { hasRedis } from '@chargegraph/events/testing';
import { startCrowd } from './events/crowd.ts';
import { documents, measureFanOut, type Compared, type Selection } from './events/fan-out.ts';
import { measureCommitToClient, measureRedis, measureSelective } from './events/latency.ts';
import { measureIdle, measureStalled } from './events/memory.ts';
import { raisedLimits, startSetting } from './events/setting.ts';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1,100,1000,5000' },
    seconds: { type: 'string', default: '5' },
    stall: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
const counts = values.subscribers.split(',').map(Number);
const [seconds, stall] = [Number(values.seconds), Number(values.stall)];
if (![...counts, seconds].every((n) => Number.isFinite(n) && n > 0) || !(stall >= 0)) {
  process.stderr.write('Use: pnpm bench events [--subscribers 1,100] [--seconds 5] [--stall 30] [--json]\n');
  process.exit(2);
}
if (!hasRedis) {
  process.stderr.write('The benchmark needs redis-server in the path.\n');
  process.exit(2);
}
const most = Math.max(...counts);
const publications = Math.ceil(40 * seconds);

const say = (line: string) => (values.json ? undefined : process.stdout.write(`${line}\n`));
const cell = (value: number | string, width = 12) => String(value).padStart(width);

const setting = await startSetting(publications);
const crowd = startCrowd();
try {
  say(
    `limits: ${Object.entries(raisedLimits)
      .map((each) => each.join('='))
      .join(' ')}\n`,
  );
  const redis = await measureRedis(setting.redisUrl, 2_000);
  say(`Redis, publish to receive: p50 ${redis.p50} ms, p99 ${redis.p99} ms`);
  const publishesPerSecond = +(await setting.publish(publications, 8)).toFixed(1);
  say(`contracts published through the gateway: ${publishesPerSecond}/s\n`);

  // First, since what comes after leaves memory behind that is used again.
  const idle = await measureIdle(setting, crowd, most);
  say(
    `an idle subscriber, of ${most}: ${idle.rssKiBEach} KiB resident, ${idle.heapKiBEach} KiB of them heap`,
  );
  const fanOut: Record<Selection, Compared[]> = { 'no hop': [], 'two hops': [] };
  say('            subscribers  gateway/s   bare ws/s       ratio   µs each  bare µs      ratio');
  for (const selection of Object.keys(documents) as Selection[]) {
    for (const subscribers of counts) {
      const compared = await measureFanOut(setting, crowd, { selection, subscribers, seconds });
      fanOut[selection].push(compared);
      const { gateway, bare, ratio, processorRatio } = compared;
      say(
        `${selection.padEnd(10)}${cell(subscribers)}${cell(gateway.deliveriesPerSecond)}${cell(bare.deliveriesPerSecond)}` +
          `${cell(ratio)}${cell(gateway.processorMicroseconds, 10)}${cell(bare.processorMicroseconds, 10)}${cell(processorRatio)}`,
      );
    }
  }

  const commitToClient = await measureCommitToClient(setting, crowd, {
    rate: 200,
    subscribers: Math.max(10, Math.min(100, Math.floor(most / 10) * 10)),
    seconds,
  });
  const { p50, p99, matching, missing } = commitToClient;
  say(
    `\ncommit to client, 200 events/s, ${commitToClient.subscribers} subscribers of which ${matching} match each: ` +
      `p50 ${p50} ms, p99 ${p99} ms (250 at most), ${missing} missing`,
  );
  const selective = await measureSelective(setting, crowd, { subscribers: most, seconds });
  say(
    `an event that 1 of ${selective.subscribers} subscribers has asked for: ${selective.processorMicroseconds} µs of the gateway's processor time`,
  );
  const stalled =
    stall === 0
      ? undefined
      : await measureStalled(setting, crowd, { subscribers: most, share: 0.05, seconds: stall });
  if (stalled !== undefined) {
    const { rssMiB, heapMiB } = stalled;
    say(
      `${stalled.stalled} of ${most} stop reading for ${stall} s, ${stalled.deliveries} deliveries of ${stalled.octetsPerDelivery} octets: ` +
        `resident ${rssMiB.before} MiB before, ${rssMiB.most} at most, ${rssMiB.after} after; heap ${heapMiB.before} before, ` +
        `${heapMiB.after} after; ${stalled.cutOff} cut off; the others ${stalled.othersComplete ? 'had everything' : 'MISSED SOMETHING'}`,
    );
  }
  const report = { seconds, redis, publishesPerSecond, fanOut, commitToClient, selective, idle, stalled };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  crowd.stop();
  await setting.clear();
}
