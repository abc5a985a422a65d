import { execFile } from 'node:child_process';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { temporaryFolder } from './folders.ts';
import { freePort } from './ports.ts';
import { postgresPid } from './start-process.ts';

const run = promisify(execFile);

/** A PostgreSQL of a test's own, which it stops, crashes and puts back as it likes. */
export interface OwnPostgres {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it without a checkpoint, as a crash does. */
  crash(): Promise<void>;
  /** Copies its files as they are; it must have been stopped. */
  backUp(): Promise<void>;
  /**
   * Puts the copy in the place of its files; it must have been stopped.
   *
   * @param recovering whether it comes up as after a recovery from an archive, on a new timeline, or as if nothing had
   *   been
   */
  restore(recovering: boolean): Promise<void>;
  clear(): Promise<void>;
}

/** Starts one on a free port. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const place = join(folder.path, 'postgres');
  const data = join(place, 'data');
  const backup = join(folder.path, 'backup');
  const launch = () => startEmbeddedPostgres({ folder: place, port, logger: silentLogger });
  let server: EmbeddedPostgres | undefined = await launch();
  const { url } = server;
  const stop = async () => {
    await server?.stop();
    server = undefined;
  };
  return {
    url,
    start: async () => {
      server ??= await launch();
    },
    stop,
    crash: async () => {
      const pid = await postgresPid(folder.path);
      if (pid !== undefined) process.kill(pid, 'SIGQUIT');
      await server?.ended;
      await stop();
    },
    backUp: async () => {
      await rm(backup, { recursive: true, force: true });
      await run('cp', ['-a', data, backup]);
    },
    restore: async (recovering) => {
      await rm(data, { recursive: true, force: true });
      await run('cp', ['-a', backup, data]);
      if (!recovering) return;
      await writeFile(join(data, 'recovery.signal'), '', { mode: 0o644 });
      await appendFile(join(data, 'postgresql.auto.conf'), "restore_command = 'false'\n");
      const { stdout } = await run('stat', ['-c', '%u:%g', data]);
      await run('chown', [stdout.trim(), join(data, 'recovery.signal')]);
    },
    clear: async () => {
      await stop();
      await folder.remove();
    },
  };
}
