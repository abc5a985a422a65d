import type { Harness } from './harness.ts';

/** The pool's looks at whether there is something to do in the background, and the audit's records beside answers. */
const isBackground = (sql: string) =>
  /log_head|chargegraph consumer|consumer_cursor|FROM outbox|chargegraph audit|audit_(open|record|head)/.test(
    sql,
  );

interface Client {
  query: (...args: unknown[]) => unknown;
}

/**
 * Runs `work` and returns with its result the SQL, without parameters, that was sent to PostgreSQL meanwhile, but for
 * what the pool's background work sends.
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
    if (sql !== undefined && !isBackground(sql)) queries.push(sql.trim());
    return real.apply(this, args);
  };
  try {
    return { result: await work(), queries };
  } finally {
    clients.query = real;
  }
}
