import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process told apart from any later one that gets the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; empty where the system does not tell. */
  readonly started: string;
}

/** True when a process with this pid exists, whoever owns it; a dead one not yet collected counts too. */
function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Linux: boot and clock ticks since boot. Empty for a process that has ended but was not collected yet. */
async function startedOnLinux(pid: number): Promise<string> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${String(pid)}/stat`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  // The second field, the command in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  const ticks = fields[19];
  if (state === 'Z' || state === 'X' || ticks === undefined) return '';
  return `${boot.trim()} ${ticks}`;
}

async function startedElsewhere(pid: number): Promise<string> {
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout.trim();
}

/** Identifies a running process; undefined when there is none with this pid. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!pidExists(pid)) return undefined;
  try {
    const started = await (process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid));
    return started === '' ? undefined : { pid, started };
  } catch {
    // It ended in between, or the system does not tell: then only the pid speaks for it.
    return pidExists(pid) ? { pid, started: '' } : undefined;
  }
}

/**
 * True while the very process identified runs. Where its start cannot be told a process of the same pid is taken
 * for it, which errs on the side of leaving its things alone.
 */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const present = await identifyProcess(identity.pid);
  if (present === undefined) return false;
  return present.started === '' || identity.started === '' || present.started === identity.started;
}

/** The words a process was started with; empty when there is none or they cannot be read. */
export async function commandLine(pid: number): Promise<readonly string[]> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    }
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return stdout.trim().split(' ');
  } catch {
    return [];
  }
}
