import { AsyncLocalStorage } from 'node:async_hooks';
import type { Harness } from './harness.ts';

/** The audit's record of a refusal is made beside the answer, now before it and now after. */
const isRecord = (sql: string) => sql.includes('INTO audit_open');

/** What is done on behalf of the work that is looked at, and not in the background. */
const onBehalf = new AsyncLocalStorage<true>();

interface Client {
  query: (...args: unknown[]) => unknown;
}

/**
 * Runs `work` and returns with its result the SQL, without parameters, that it sends to PostgreSQL; what the pool does
 * in the background is left out.
 */
export async function countQueries<T>(
  { database }: Harness,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly queries: readonly string[] }> {
  // The pool is at rest once all events are in its log.
  for (;;) {
    const [open] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
    if (open?.count === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const queries: string[] = [];
  const connection = await database.pool.connect();
  // All connections of all pools have this prototype.
  const clients = Reflect.getPrototypeOf(connection) as unknown as Client;
  connection.release();
  const real = Reflect.get<Client, 'query'>(clients, 'query');
  clients.query = function query(this: Client, ...args: unknown[]): unknown {
    const [first] = args;
    const sql = typeof first === 'string' ? first : (first as { readonly text?: string }).text;
    if (sql !== undefined && onBehalf.getStore() === true && !isRecord(sql)) queries.push(sql.trim());
    return real.apply(this, args);
  };
  try {
    return { result: await onBehalf.run(true, work), queries };
  } finally {
    clients.query = real;
  }
}
