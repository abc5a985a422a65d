import { readFile, realpath, rm, readlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@chargegraph/service';
import { commandLine, identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** True when the process is a PostgreSQL server on this very folder. */
async function serves(pid: number, cluster: string): Promise<boolean> {
  const words = await commandLine(pid);
  const [program] = words;
  if (program === undefined || path.basename(program) !== 'postgres') return false;
  if (words.includes(cluster)) return true;
  // Started under another name of the folder: the server stands in it.
  const standsIn = await readlink(`/proc/${String(pid)}/cwd`).catch(() => undefined);
  return standsIn !== undefined && standsIn === (await realpath(cluster));
}

async function ended(server: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (await isRunning(server)) {
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

/** Asks a server to end, ever more firmly: fast shutdown, immediate shutdown, kill. */
export async function stopServer(server: ProcessIdentity, logger: Logger): Promise<void> {
  const steps = [
    { signal: 'SIGINT', wait: 30_000 },
    { signal: 'SIGQUIT', wait: 5_000 },
    { signal: 'SIGKILL', wait: 5_000 },
  ] as const;
  for (const { signal, wait } of steps) {
    if (!(await isRunning(server))) return;
    if (signal !== 'SIGINT') logger.warn({ pid: server.pid, signal }, 'PostgreSQL does not stop');
    try {
      process.kill(server.pid, signal);
    } catch (error) {
      if (await isRunning(server)) throw error;
    }
    if (await ended(server, wait)) return;
  }
  throw new Error(`PostgreSQL (pid ${String(server.pid)}) could not be stopped.`);
}

/**
 * Stops the server that a killed process of ours left running on this cluster, if there is one. The caller must
 * hold the folder's lock. A pid file that names a process which is no server of this cluster is removed, since
 * PostgreSQL would take that process for one and refuse to start.
 */
export async function stopOrphan(cluster: string, logger: Logger): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  const server = Number.isSafeInteger(pid) && pid > 0 ? await identifyProcess(pid) : undefined;
  if (server !== undefined && (await serves(server.pid, cluster))) {
    logger.info({ pid }, 'stopping the PostgreSQL that a killed process left running');
    await stopServer(server, logger);
  }
  await rm(file, { force: true });
}
