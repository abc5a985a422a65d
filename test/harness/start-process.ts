import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoCredentials } from '@chargegraph/cli';
import { startChargegraph, type ChargegraphProcess } from './processes.ts';

/** `chargegraph start --demo` on a folder and port, in a process group of its own. */
export function startDemo(folder: string, port: number): ChargegraphProcess {
  return startChargegraph(['start', '--demo', '--data', folder, '--port', String(port)], { ownGroup: true });
}

/** The credentials that `start --demo` wrote. */
export async function readCredentials(folder: string): Promise<DemoCredentials> {
  const text = await readFile(join(folder, 'demo-credentials.json'), 'utf8');
  return (JSON.parse(text) as { clients: DemoCredentials }).clients;
}

/** Process id of the PostgreSQL that runs, or ran, on a data folder; undefined when there is none. */
export async function postgresPid(folder: string): Promise<number | undefined> {
  const file = join(folder, 'postgres', 'data', 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}

/** Whether a process runs; one that has ended but was not collected yet does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? process.platform !== 'linux' : !/\) [ZX] /.test(stat);
}
