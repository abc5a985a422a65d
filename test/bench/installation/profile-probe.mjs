/**
 * Loaded into a process to be measured with `--import`: upon SIGUSR2 it begins to write down where its processor time goes,
 * upon the next it stops and writes the profile into the folder that CHARGEGRAPH_BENCH_PROFILES names, as Chrome reads it.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename, join } from 'node:path';
import process from 'node:process';

const session = new Session();
session.connect();
let runs = false;
let count = 0;

process.on('SIGUSR2', async () => {
  runs = !runs;
  if (runs) {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  const name = [...process.argv.slice(2, 4), process.pid, ++count]
    .map((part) => basename(String(part)))
    .join('-');
  const file = join(process.env.CHARGEGRAPH_BENCH_PROFILES, `${name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  process.stdout.write(`profile ${file}\n`);
});
