import type { ChildProcess } from 'node:child_process';
import { open, readFile, realpath, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError, type Logger } from '@chargegraph/service';
import pg from 'pg';
import { ensureCluster, exists, keptPassword, superuser } from './cluster.ts';
import { lockFolder } from './lock.ts';
import { stopOrphan, stopServer } from './orphan.ts';
import { postgresAccount, type PostgresAccount } from './postgres-account.ts';
import { findPostgres, spawnServer, type PostgresPrograms, type ServerProcess } from './postgres-programs.ts';

/** Where an embedded PostgreSQL lives. */
export interface EmbeddedPostgresOptions {
  /** Holds the data, the password and the server's log; created when missing. */
  readonly folder: string;
  /** TCP port on 127.0.0.1; a free one unless given. */
  readonly port?: number;
  readonly logger: Logger;
}

/** A running PostgreSQL of our own. */
export interface EmbeddedPostgres {
  /** `postgresql://…@127.0.0.1:port/chargegraph`, with the superuser's password: a secret. */
  readonly url: string;
  /** Resolves when the server has ended, whether it was stopped or died. */
  readonly ended: Promise<void>;
  /** Ends it (open connections are cut, all committed data is on disk) and unlocks the folder. */
  stop(): Promise<void>;
}

const database = 'chargegraph';

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('No free port was found.'));
      });
    });
  });
}

/**
 * Waits until the server takes connections and its database is there; false when it ended before.
 *
 * @throws ConfigurationError when it does not take the password
 */
async function becomesReady(url: (database: string) => string, child: ChildProcess): Promise<boolean> {
  let refusals = 0;
  // Recovery after a crash may take a while; as long as the server lives it is waited for.
  while (child.exitCode === null && child.signalCode === null) {
    const client = new pg.Client({ connectionString: url('postgres'), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
      return true;
    } catch (error) {
      // A few are forgiven: another server may have taken the port, and then ours ends presently.
      const refused = error instanceof Error && 'code' in error && error.code === '28P01';
      if (refused && ++refusals > 100) {
        throw new ConfigurationError(
          "The database does not take the password in its folder's password file.",
        );
      }
      await delay(25);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}

interface Server extends ServerProcess {
  readonly url: string;
}

async function launch(
  options: EmbeddedPostgresOptions,
  folder: string,
  programs: PostgresPrograms,
  account: PostgresAccount | undefined,
): Promise<Server> {
  const password = await keptPassword(folder);
  const cluster = await ensureCluster(folder, password, programs, account);
  const logFile = path.join(folder, 'postgres.log');
  if (await exists(logFile)) await rename(logFile, path.join(folder, 'postgres.previous.log'));
  // A free port may be taken before the server has it, and the remains of a killed server need a moment to go.
  const attempts = 5;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    // Each time: an orphan that was only just starting may not have told of itself before.
    await stopOrphan(cluster, options.logger);
    const port = options.port ?? (await freePort());
    const url = (of: string): string =>
      `postgresql://${superuser}:${password}@127.0.0.1:${String(port)}/${of}`;
    const log = await open(logFile, 'a', 0o600);
    let server: ServerProcess;
    try {
      server = await spawnServer(programs, account, { folder: cluster, port, log: log.fd });
    } finally {
      await log.close();
    }
    try {
      if (await becomesReady(url, server.child)) return { ...server, url: url(database) };
    } catch (error) {
      await stopServer(server.identity, options.logger);
      throw error;
    }
    await delay(200 * attempt);
  }
  const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
  throw new Error(
    `The embedded PostgreSQL in ${folder} does not start; its log (${logFile}) ends with:\n${words}`,
  );
}

/**
 * Starts the PostgreSQL of a folder, making its cluster at the first start, and waits until it takes connections.
 * It listens on 127.0.0.1 alone, with a password. Signals to us do not reach it: it runs until `stop`. When we
 * are killed it stays behind, and the next start on the folder stops it first.
 *
 * @throws ConfigurationError when another running process uses the folder, or when there is no PostgreSQL for
 *   this machine or no account to run it under
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = await lockFolder(options.folder);
  try {
    const folder = await realpath(options.folder);
    const [programs, account] = await Promise.all([findPostgres(), postgresAccount()]);
    const server = await launch(options, folder, programs, account);
    let stopping: Promise<void> | undefined;
    void server.ended.then(() => {
      if (stopping === undefined)
        options.logger.error({ folder }, 'the embedded PostgreSQL has ended by itself');
    });
    const stop = async (): Promise<void> => {
      await stopServer(server.identity, options.logger);
      await lock.release();
    };
    return { url: server.url, ended: server.ended, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
