import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '@chargegraph/service';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** A folder that this process alone uses. */
export interface FolderLock {
  /** Lets others have the folder. Further calls do nothing. */
  release(): Promise<void>;
}

// The lock is the file `lock.<n>` with the highest number: who it names has the folder while that process runs.
// Taking it over from a dead process means creating the next number, which only one can do. The highest file is
// never removed, only marked as released, so that a number once passed never stands for the lock again: a slow
// rival who still creates one finds the higher one there and steps back.
const lockFile = /^lock\.(\d+)$/;
const released = 'released';

function numbers(names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const match = lockFile.exec(name);
    return match?.[1] === undefined ? [] : [Number(match[1])];
  });
}

async function highest(folder: string): Promise<number> {
  return Math.max(0, ...numbers(await readdir(folder)));
}

/** Who a lock file names; undefined when it was released, or removed by a rival who passed it. */
async function readOwner(file: string): Promise<ProcessIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const [pid, started] = text.split('\n');
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
  return { pid: Number(pid), started: started ?? '' };
}

/** Writes a file that appears under its name whole or not at all; false when the name is taken. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeOthers(folder: string, mine: string): Promise<void> {
  const names = await readdir(folder);
  const passed = names.filter((name) => lockFile.test(name) && name !== path.basename(mine));
  await Promise.all(passed.map((name) => rm(path.join(folder, name), { force: true })));
}

/**
 * Takes a folder for this process, creating it when missing. A lock left by a process that was killed is taken
 * over; of several that try at once exactly one gets it.
 *
 * @throws {@link ConfigurationError} when another running process has the folder (or this one has it already)
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const self = await identifyProcess(process.pid);
  for (;;) {
    const current = await highest(folder);
    if (current > 0) {
      const owner = await readOwner(path.join(folder, `lock.${String(current)}`));
      if (owner !== undefined && (await isRunning(owner))) {
        throw new ConfigurationError(
          `The folder ${folder} is in use by another ChargeGraph process (pid ${String(owner.pid)}): ` +
            'stop that one first, or choose another folder.',
        );
      }
    }
    const mine = path.join(folder, `lock.${String(current + 1)}`);
    if (!(await createWhole(mine, `${String(process.pid)}\n${self?.started ?? ''}\n`))) continue;
    if ((await highest(folder)) !== current + 1) {
      await rm(mine, { force: true });
      continue;
    }
    await removeOthers(folder, mine);
    return { release: releaseOnce(mine) };
  }
}

function releaseOnce(file: string): () => Promise<void> {
  let done: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    const draft = `${file}.${randomUUID()}`;
    await writeFile(draft, released);
    await rename(draft, file);
  };
  return () => (done ??= release());
}
