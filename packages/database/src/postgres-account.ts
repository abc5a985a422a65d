import { execFile } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ConfigurationError } from '@chargegraph/service';

const run = promisify(execFile);

/** The operating system's account that PostgreSQL runs under when we are root, which it refuses to run as. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
}

async function lookUp(): Promise<PostgresAccount | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout.trim()), gid: Number(gid.stdout.trim()) };
  } catch {
    return undefined;
  }
}

/**
 * The account to run PostgreSQL under: undefined for our own; as root the system's `postgres`, created when it
 * is missing.
 *
 * @throws {@link ConfigurationError} when we are root and there is no such account and none can be made
 */
export async function postgresAccount(): Promise<PostgresAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const present = await lookUp();
  if (present !== undefined) return present;
  try {
    await run('groupadd', ['--force', '--system', 'postgres']);
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
  } catch (error) {
    // Another process may have made it in between.
    const made = await lookUp();
    if (made !== undefined) return made;
    throw new ConfigurationError(
      'PostgreSQL does not run as root, and the user "postgres" to run it as could not be created: run ' +
        'ChargeGraph as another user, or create that one.',
      { cause: error },
    );
  }
  const made = await lookUp();
  if (made === undefined)
    throw new ConfigurationError('The user "postgres" was created but cannot be found.');
  return made;
}

/** True when the account may pass through every folder above `file`, by owner, group and mode. */
async function canReach(account: PostgresAccount, file: string): Promise<boolean> {
  for (let folder = path.dirname(await realpath(file)); ; folder = path.dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** The capability that lets a process pass closed folders, the narrower one first; undefined when we have none. */
async function passingCapability(): Promise<string | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if ((effective & (1n << 2n)) !== 0n) return '+dac_read_search';
  if ((effective & (1n << 1n)) !== 0n) return '+dac_override';
  return undefined;
}

/** A program with its arguments and the account to run it under. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly account: PostgresAccount | undefined;
}

/**
 * How to start `program` under the account when it needs the given files. As root in a place that only root can
 * enter (a clone below /root or in a `mktemp -d` folder) the account is given the one capability to pass folders,
 * through util-linux's setpriv.
 *
 * @throws {@link ConfigurationError} when the account cannot reach the files and cannot be helped
 */
export async function planLaunch(
  account: PostgresAccount | undefined,
  program: string,
  args: readonly string[],
  files: readonly string[],
): Promise<Launch> {
  if (account === undefined) return { command: program, args, account };
  const needed = [program, ...files];
  const reachable = await Promise.all(needed.map((file) => canReach(account, file)));
  if (reachable.every(Boolean)) return { command: program, args, account };
  const capability = await passingCapability();
  const hasSetpriv = await run('setpriv', ['--version']).then(
    () => true,
    () => false,
  );
  if (capability === undefined || !hasSetpriv) {
    const closed = needed.find((_, index) => reachable[index] === false) ?? program;
    throw new ConfigurationError(
      `PostgreSQL does not run as root, and the user "postgres" cannot enter the folders above ${closed}: run ` +
        'ChargeGraph as another user, or put it and its data where every user can enter.',
    );
  }
  const setpriv = [
    `--reuid=${String(account.uid)}`,
    `--regid=${String(account.gid)}`,
    '--clear-groups',
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    // Without it access(2), which initdb asks, does not count capabilities.
    '--securebits=+no_setuid_fixup',
    '--',
  ];
  return { command: 'setpriv', args: [...setpriv, program, ...args], account: undefined };
}
