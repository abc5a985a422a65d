/**
 * Soak: contract events by the tens of thousands while faults happen at random, and whether anybody missed one.
 *
 *   pnpm test:soak [events] [--seed <number>] [--rate <events a second>]
 *
 * Ends with 1 unless nothing was lost and nothing disordered.
 */
import { parseArgs } from 'node:util';
import { hasRedis } from '@chargegraph/events/testing';
import { endOfLog } from '../harness/events.ts';
import { judge, readWholeLog } from '../harness/verdict.ts';
import { eventually, pause } from '../harness/wait.ts';
import { audible, startInstallation, type Installation } from '../faults/installation.ts';
import { faults } from './faults.ts';
import { createLatencies } from './latencies.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, rate: { type: 'string', default: '400' } },
});
const wanted = Number(positionals[0] ?? 100_000);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const rate = Number(values.rate);
if (![wanted, rate].every((n) => Number.isSafeInteger(n) && n > 0) || !Number.isSafeInteger(seed)) {
  console.error('Use: pnpm test:soak [events] [--seed <number>] [--rate <events a second>]');
  process.exit(2);
}

if (!hasRedis) {
  console.error('The soak needs redis-server in the path.');
  process.exit(2);
}

/** A chance that is the same each time it is asked with the same seed (mulberry32). */
function seeded(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const publications = 200;
const chance = seeded(seed);
const latencies = createLatencies();
const say = (line: string) => {
  console.log(line);
};

say(`${wanted} events at ${rate} a second, seed ${seed}`);
const all = await startInstallation({
  rate,
  contracts: 500,
  publications,
  settings: { CHARGEGRAPH_COST_PER_MINUTE: '0' },
  onEvent: ({ id }) => {
    latencies.arrived(id);
  },
});
process.once('SIGINT', () => {
  void all.clear().then(() => process.exit(130));
});
const verdict = await soak(all).finally(() => all.clear());
process.exit(verdict);

async function soak({ writer, followers, operator, start, publish }: Installation): Promise<number> {
  const began = Date.now();
  const done = new AbortController();
  const written = writer.write(wanted).finally(() => {
    done.abort();
  });
  const happened = new Map<string, number>();
  for (let n = 0; ; n++) {
    await Promise.race([pause(1_000 + chance() * 16_000), written]);
    if (done.signal.aborted) break;
    const fault = faults[Math.floor(chance() * faults.length)] ?? faults[0];
    if (fault === undefined) break;
    const from = Date.now();
    say(
      `${((from - began) / 1_000).toFixed(1).padStart(7)} s  ${String(writer.count()).padStart(7)}  ${fault.name}`,
    );
    // A real mutation meanwhile, beside what the writer does.
    await Promise.all([fault.happen(all, chance), n < publications ? publish() : undefined]);
    latencies.disturbed(from, Date.now());
    happened.set(fault.name, (happened.get(fault.name) ?? 0) + 1);
  }
  await written;
  // The last word is everybody's to hear.
  await writer.write(1);
  const isThere = async () => {
    const end = await endOfLog(operator).catch(() => undefined);
    return followers.every(({ events }) => events.at(-1)?.cursor === end);
  };
  await eventually('everything arrives', isThere, 120_000).catch((error: unknown) => {
    say(String(error));
  });

  const log = await readWholeLog(operator, start);
  const seconds = (Date.now() - began) / 1_000;
  say(
    `\n${log.length} events logged in ${seconds.toFixed(0)} s, ${writer.count()} of them by the writer, the others by mutations`,
  );
  say(`faults: ${[...happened].map(([name, times]) => `${name} ${times}x`).join(', ') || 'none'}\n`);

  const logged = new Map<string, string[]>();
  for (const { id, emaid } of log) logged.set(emaid, [...(logged.get(emaid) ?? []), id]);
  let wrong = 0;
  for (const [emaid, ids] of writer.committed) if (ids.join() !== logged.get(emaid)?.join()) wrong += 1;
  say(`contracts whose log is not what was committed, in the order of the commits: ${wrong}`);
  say('follower                 connected      lost  duplicated  disordered  refused');
  for (const follower of followers) {
    const verdict = judge(audible(log, follower), follower.events);
    const cells = [
      String(follower.connections()).padStart(9),
      String(verdict.lost.length).padStart(10),
      String(verdict.duplicated).padStart(12),
      String(verdict.disordered.length).padStart(12),
      String(follower.resynchronised.length).padStart(9),
    ];
    say(follower.name.padEnd(25) + cells.join(''));
    wrong +=
      verdict.lost.length +
      verdict.disordered.length +
      verdict.foreign.length +
      follower.resynchronised.length;
  }
  say(`\n${latencies.summary(writer.committedAt)}`);
  say(wrong === 0 ? 'Nothing was lost, nothing disordered.' : 'THIS IS WRONG.');
  return wrong === 0 ? 0 : 1;
}
