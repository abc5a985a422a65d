import { ConfigurationError, type Logger } from '@chargegraph/service';
import pg from 'pg';
import { typeParsers } from './bytea-arrays.ts';

/** Where a pool's tables are and how to reach them. */
export interface PoolOptions {
  /** `postgresql://user:password@host:port/database`, with libpq's parameters (`sslmode`, …). */
  readonly url: string;
  /** The PostgreSQL schema that every connection's `search_path` is set to: `[a-z_]+`. */
  readonly schema: string;
  readonly logger: Logger;
  /** Most connections open at once; 10 unless given. */
  readonly max?: number;
  /** Milliseconds after which the server cancels a statement; 30,000 unless given, 0 for never. */
  readonly statementTimeout?: number;
}

/**
 * Returns the schema's name if it may stand in SQL unquoted.
 *
 * @throws {@link ConfigurationError} for anything but lower-case ASCII letters and underscores
 */
export function checkedSchemaName(schema: string): string {
  if (!/^[a-z_]+$/.test(schema)) {
    throw new ConfigurationError(
      `"${schema}" cannot be the name of a database schema: use lower-case letters and underscores only.`,
    );
  }
  return schema;
}

/**
 * A connection's settings with `search_path` set to the schema. The URL's own `options` are kept, before ours,
 * since node-postgres lets the URL win over settings given beside it.
 */
export function connectionSettings(url: string, schema: string): pg.ClientConfig {
  checkedSchemaName(schema);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new ConfigurationError(
      'The database URL is not a URL: use postgresql://user:password@host/database.',
    );
  }
  const theirs = parsed.searchParams.get('options');
  const options = `${theirs === null ? '' : `${theirs} `}-c search_path=${schema}`;
  parsed.searchParams.delete('options');
  // Prisma's way to name the schema in a URL; node-postgres does not know it.
  parsed.searchParams.delete('schema');
  return { connectionString: parsed.toString(), options, application_name: `chargegraph ${schema}` };
}

/**
 * Opens a pool of connections whose `search_path` is the schema alone. A lost connection is logged and replaced;
 * it never ends the process. Nothing is connected before the first query.
 *
 * @throws {@link ConfigurationError} when the schema's name or the URL cannot be used
 */
export function createPool(options: PoolOptions): pg.Pool {
  const statementTimeout = options.statementTimeout ?? 30_000;
  const pool = new pg.Pool({
    ...connectionSettings(options.url, options.schema),
    max: options.max ?? 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeout,
    // For a server that does not even answer that it gave up.
    ...(statementTimeout > 0 && { query_timeout: statementTimeout + 5_000 }),
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    types: typeParsers,
  });
  const logger = options.logger.child({ schema: options.schema });
  pool.on('error', (error) => {
    logger.warn({ err: error }, 'an idle database connection was lost');
  });
  // The pool listens to idle connections only; an unheard error of one in use would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger.debug({ err: error }, 'a database connection failed');
    });
  });
  return pool;
}
