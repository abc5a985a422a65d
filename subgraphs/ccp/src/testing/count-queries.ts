import type { Harness } from './harness.ts';

/** The pool's looks at whether there is something to do in the background. */
const isBackground = (sql: string) =>
  /log_head|FROM log |log_reader|event_delivery|chargegraph consumer|consumer_cursor|FROM outbox|chargegraph audit|audit_head|audit_record|FROM audit_open/.test(
    sql,
  );

/** A refusal's record comes after the answer, soon or late; so these are left out, a write's too. */
const isAuditRecord = (sql: string) => sql.startsWith('INSERT INTO audit_open');

interface Client {
  query: (...args: unknown[]) => unknown;
}

interface SqlTransaction {
  background: boolean;
  ended: boolean;
}

interface Sent {
  readonly sql: string;
  readonly transaction: SqlTransaction | undefined;
}

/**
 * Runs `work` and returns with its result the SQL, without parameters, that was sent to PostgreSQL meanwhile, but for
 * what the pool's background work sends, whole transactions of it, and for audit records.
 */
export async function countQueries<T>(
  { database }: Harness,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly queries: readonly string[] }> {
  // The pool is at rest once all events are in its log and looked at, and all audit records sealed.
  for (;;) {
    const [open] = await database.query<{ count: number }>(
      `SELECT ((SELECT count(*) FROM outbox) + (SELECT count(*) FROM audit_open)
         + (SELECT count(*) FROM log_head h
             WHERE EXISTS (SELECT FROM consumer_cursor c WHERE c.name = 'queued' AND c.position < h.position)))::int AS count`,
    );
    if (open?.count === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const sent: Sent[] = [];
  const transactions = new Map<Client, SqlTransaction>();
  const note = (client: Client, sql: string) => {
    if (sql.startsWith('BEGIN')) transactions.set(client, { background: false, ended: false });
    const transaction = transactions.get(client);
    if (transaction === undefined) {
      // The end of a transaction that had begun before.
      if (!isBackground(sql) && !/^(COMMIT|ROLLBACK)$/.test(sql)) sent.push({ sql, transaction });
      return;
    }
    if (isBackground(sql)) transaction.background = true;
    sent.push({ sql, transaction });
    if (/^(COMMIT|ROLLBACK)$/.test(sql)) {
      transaction.ended = true;
      transactions.delete(client);
    }
  };
  const connection = await database.pool.connect();
  // All connections of all pools have this prototype.
  const clients = Reflect.getPrototypeOf(connection) as unknown as Client;
  connection.release();
  const real = Reflect.get<Client, 'query'>(clients, 'query');
  clients.query = function query(this: Client, ...args: unknown[]): unknown {
    const [first] = args;
    const sql = typeof first === 'string' ? first : (first as { readonly text?: string }).text;
    if (sql !== undefined) note(this, sql.trim());
    return real.apply(this, args);
  };
  try {
    const result = await work();
    // A transaction of `work` has ended; one that is still open is the background's.
    const ours = sent.filter(
      ({ sql, transaction }) =>
        !isAuditRecord(sql) && (transaction === undefined || (transaction.ended && !transaction.background)),
    );
    return { result, queries: ours.map(({ sql }) => sql) };
  } finally {
    clients.query = real;
  }
}
