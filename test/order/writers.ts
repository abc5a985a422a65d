import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createDatabase } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { orderSequence, type Ended, type Orders } from './orders.ts';

/** Processes of writers. */
export interface Writers {
  /** The contracts that they write about. */
  readonly emaids: readonly string[];
  /** One that they leave alone. */
  readonly untouched: string;
  /** Has all of them write, and resolves with what all of them committed. */
  write(of: { readonly transactions: number; readonly longest: number }): Promise<Ended>;
  /** Ends those that did not end by themselves. */
  close(): void;
}

const root = join(import.meta.dirname, '..', '..');
const fromSource = ['--conditions=chargegraph-source', '--import', 'tsx'];

/** A message of a process; throws when it ends before it says one. */
const said = <T>(child: ChildProcess) =>
  new Promise<T>((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as T);
    });
    child.once('exit', (code) => {
      reject(new Error(`A process of writers ended with ${String(code)}.`));
    });
  });

/** Rows for them to lock, and the sequence that tells afterwards in which order they had the locks. */
async function prepare(databaseUrl: string, pcid: string, contracts: number): Promise<string[]> {
  const emaids = Array.from({ length: contracts }, (_, n) => `EMP99C7${String(n).padStart(7, '0')}`);
  const database = createDatabase({ url: databaseUrl, schema: 'ccp', logger: silentLogger, max: 1 });
  try {
    await database.execute(`CREATE SEQUENCE IF NOT EXISTS ${orderSequence}`);
    await database.execute(
      `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at)
       SELECT emaid, emaid, upper($2), $2, left($2, 3), left(emaid, 5), now(), now() FROM unnest($1::text[]) emaid
       ON CONFLICT DO NOTHING`,
      [emaids, pcid],
    );
  } finally {
    await database.close();
  }
  return emaids;
}

/**
 * Starts processes of writers on a contract pool's database; they wait to be told to write, once.
 *
 * @param options.processes how many
 * @param options.writersEach how many of them write at a time in each
 * @param options.contracts so many contracts are written about
 */
export async function startWriters(options: {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly pcid: string;
  readonly processes: number;
  readonly writersEach: number;
  readonly contracts: number;
}): Promise<Writers> {
  const { databaseUrl, redisUrl, pcid } = options;
  const [untouched = '', ...emaids] = await prepare(databaseUrl, pcid, options.contracts + 1);
  const file = join(import.meta.dirname, 'writer-process.ts');
  const children = Array.from({ length: options.processes }, () =>
    fork(file, { cwd: root, execArgv: fromSource }),
  );
  const close = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  try {
    await Promise.all(children.map((child) => said(child)));
  } catch (error) {
    close();
    throw error;
  }
  return {
    emaids,
    untouched,
    write: async ({ transactions, longest }) => {
      const orders: Orders = {
        ...{ databaseUrl, redisUrl, pcid, emaids, transactions, longest },
        writers: options.writersEach,
      };
      const ended = await Promise.all(
        children.map(async (child) => {
          child.send(orders);
          return await said<Ended>(child);
        }),
      );
      return {
        committed: ended.flatMap(({ committed }) => committed),
        rolledBack: ended.reduce((sum, { rolledBack }) => sum + rolledBack, 0),
        long: ended.reduce((sum, { long }) => sum + long, 0),
      };
    },
    close,
  };
}
