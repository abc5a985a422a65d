import pg from 'pg';
import { eventually } from './wait.ts';

/** Rows and a digest of the contents, of every table of every pool. */
export type Snapshot = Readonly<Record<string, string>>;

/**
 * What all pools hold, events included, once no event is on its way to its log any more. Of the audit only how many
 * writes it has: refusals belong there, and records move while they are sealed.
 */
export async function snapshotOf(databaseUrl: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await tablesOf(client);
    const outboxes = tables.filter((table) => table.endsWith('.outbox'));
    await eventually('all events are logged', async () => {
      for (const outbox of outboxes) if ((await countOf(client, outbox)) > 0) return false;
      return true;
    });
    const entries: [string, string][] = [];
    for (const table of tables) {
      if (!isAudit(table) && !isFollowed(table)) entries.push([table, await digestOf(client, table)]);
      else if (table.endsWith('.audit_open')) entries.push([table, await auditedWrites(client, table)]);
    }
    return Object.fromEntries(entries);
  } finally {
    await client.end();
  }
}

const isAudit = (table: string): boolean => /\.audit_\w+$/.test(table);

/**
 * How far a pool has followed another's log, and RCP's roots by that, which come after what was done; and what a pool
 * does by itself as it comes up: its CRLs, the days of its digests, the place of its jobs.
 */
const isFollowed = (table: string): boolean =>
  /\.(?:consumer_cursor|log_reader|trusted_root|trusted_root_state|contract_ca_crl|operator_digest|revocation_place|cleansing)$/.test(
    table,
  );

async function auditedWrites(client: pg.Client, open: string): Promise<string> {
  const sealed = open.replace(/_open$/, '_record');
  const { rows } = await client.query<{ writes: string }>(
    `SELECT count(*) || ' writes, sealed or not' AS writes
       FROM (SELECT outcome FROM ${open} UNION ALL SELECT outcome FROM ${sealed}) r WHERE outcome = 'DONE'`,
  );
  return rows[0]?.writes ?? '';
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_schema IN ('identity', 'rcp', 'pcp', 'ccp', 'cps') AND table_type = 'BASE TABLE'
      ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}

async function digestOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ digest: string }>(
    `SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '-') AS digest FROM ${table} t`,
  );
  return rows[0]?.digest ?? '';
}
