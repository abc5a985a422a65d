import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processorTime, startWorker } from '../shared/worker.ts';
import type { LoadRequest, LoadTally } from './load-process.ts';
import { readProfile, type Part } from './profile.ts';
import type { Running, Setting } from './setting.ts';

/** Cars answered by a running installation. */
export interface Measured {
  /** Whether the cars ask for the first time since the processes started, or again. */
  readonly cars: 'new' | 'known';
  readonly installations: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time for each installation, in microseconds, by process. */
  readonly microseconds: Readonly<Record<string, number>>;
}

/** The same with where processor time went, by process, if that was wanted. */
export interface MeasuredRun {
  readonly measured: readonly Measured[];
  readonly profiles: Readonly<Record<string, readonly Part[]>>;
}

/** So many installations, or as many as there is time for, come before anything is measured: compiled code then runs. */
const warmingInstallations = 10_000;
/** By so many of the cars. */
const warmingShare = 0.5;

/** Has all the cars ask, each once, and then again and again. */
export async function measure(
  { url, token, processes }: Running,
  { requests }: Pick<Setting, 'requests'>,
  {
    seconds,
    lanes,
    profiled,
  }: { readonly seconds: number; readonly lanes: number; readonly profiled: boolean },
): Promise<MeasuredRun> {
  const worker = startWorker<LoadRequest>(join(import.meta.dirname, 'load-process.ts'));
  const ask = (some: readonly string[], milliseconds?: number) =>
    worker.ask<LoadTally>({
      url,
      token,
      requests: some,
      lanes,
      ...(milliseconds !== undefined && { milliseconds }),
    });
  const used = async () =>
    new Map(
      await Promise.all(
        [...processes].map(async ([name, { pid }]) => [name, await processorTime(pid)] as const),
      ),
    );
  const run = async (cars: Measured['cars'], work: () => Promise<LoadTally>): Promise<Measured> => {
    const before = await used();
    const { installations, milliseconds, p50, p99 } = await work();
    const after = await used();
    const each = [...after].map(([name, time]) => {
      const spent = ((time - (before.get(name) ?? 0)) * 1_000) / installations;
      return [name, Math.round(spent)] as const;
    });
    return {
      cars,
      installations,
      perSecond: (installations * 1_000) / milliseconds,
      p50,
      p99,
      microseconds: Object.fromEntries(each),
    };
  };
  try {
    const warming = Math.max(1, Math.round(requests.length * warmingShare));
    const warm = requests.slice(0, warming);
    for (let done = 0, rounds = 0; done < warmingInstallations && rounds < 6; rounds++)
      done += (await ask(warm, seconds * 500)).installations;
    const first = await run('new', () => ask(requests.slice(warming)));
    const again = await run('known', () => ask(requests, seconds * 1_000));
    // Apart, for it takes time itself.
    const profiles = profiled ? await profile(processes, () => ask(requests, seconds * 1_000)) : {};
    return { measured: [first, again], profiles };
  } finally {
    worker.stop();
  }
}

async function profile(
  processes: Running['processes'],
  work: () => Promise<unknown>,
): Promise<Record<string, readonly Part[]>> {
  const wanted = [...processes].filter(([name]) => ['gateway', 'ccp', 'pcp'].includes(name));
  const signal = () => {
    for (const [, process] of wanted) process.signal('SIGUSR2');
  };
  signal();
  await work();
  const written = wanted.map(([, process]) => process.says(/^profile (.*)$/m));
  signal();
  const files = await Promise.all(written);
  await delay(50);
  return Object.fromEntries(
    await Promise.all(
      wanted.map(async ([name], index) => [name, await readProfile(files[index]?.[1] ?? '')] as const),
    ),
  );
}

/** P-256 signatures over a few hundred octets, as a car's request has, that a second of one processor verifies. */
export function verificationsPerSecond(milliseconds = 1_000): number {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = randomBytes(300);
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const used = process.cpuUsage();
  const began = performance.now();
  let done = 0;
  while (performance.now() - began < milliseconds)
    for (let turn = 0; turn < 100; turn++, done++) verify('sha256', message, options, signature);
  const { user, system } = process.cpuUsage(used);
  return (done * 1_000_000) / (user + system);
}
