// A root pool in memory, and a real PostgreSQL with the tables of a pool that follows it, for tests.
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase, emptyTables } from '@chargegraph/database/testing';
import { checkCursor, eventTablesPath, type LogPosition } from '@chargegraph/events';
import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import type { RootEvent, RootPool } from './follow-roots.ts';
import type { RootType } from './root-set.ts';
import { trustTablesPath } from './trust-tables.ts';

const pool = 'rcp';

/** RCP, with its log, in memory. */
export class RootPoolInMemory implements RootPool {
  logId: string = randomUUID();
  head = 0;
  log: RootEvent[] = [];
  readonly roots = new Map<string, { readonly type: RootType; readonly certificate: Certificate }>();
  isDown = false;
  /** How often it was asked for roots. */
  asked = 0;
  /** What happens, once, before the next answer about roots. */
  meanwhile: (() => void) | undefined;
  /** What happens, once, while the next answer with all roots is on its way. */
  afterwards: (() => void) | undefined;

  get position(): LogPosition {
    return { logId: this.logId, position: this.head };
  }

  tell(type: string, fingerprint: string): void {
    this.log.push({ position: { logId: this.logId, position: ++this.head }, type, fingerprint });
  }

  add(certificate: Certificate, type: RootType): void {
    if (this.roots.has(certificate.fingerprint)) return;
    this.roots.set(certificate.fingerprint, { type, certificate });
    this.tell('ROOT_CERT_ADDED', certificate.fingerprint);
  }

  remove({ fingerprint }: Certificate, type = 'ROOT_CERT_REMOVED'): void {
    if (this.roots.delete(fingerprint)) this.tell(type, fingerprint);
  }

  /** Forgets all events. */
  prune(): void {
    this.log = [];
  }

  /** Becomes another log of the same events, as a database that was restored. */
  restore(): void {
    this.logId = randomUUID();
    this.log = [];
  }

  /** What it holds, in the form of {@link TestTable.content}. */
  content(): Record<string, string> {
    return Object.fromEntries(
      [...this.roots].map(([fingerprint, { type }]): [string, string] => [fingerprint, type]).sort(),
    );
  }

  #up(): void {
    if (this.isDown) throw new ChargeGraphError('UNAVAILABLE', 'nobody there');
  }

  events(after: LogPosition | undefined, first: number) {
    this.#up();
    const oldest = this.log[0]?.position.position ?? this.head + 1;
    if (after !== undefined)
      checkCursor({ pool, ...after }, { pool, logId: this.logId, head: this.head, oldest });
    const from = after?.position ?? 0;
    const events = this.log.filter(({ position }) => position.position > from).slice(0, first);
    return Promise.resolve({ events, head: this.position });
  }

  #happen(): void {
    this.#up();
    this.asked++;
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
  }

  find(fingerprints: readonly string[]) {
    this.#happen();
    return Promise.resolve(
      [...this.roots.values()].filter((root) => fingerprints.includes(root.certificate.fingerprint)),
    );
  }

  all() {
    this.#happen();
    const roots = [...this.roots.values()];
    const { afterwards } = this;
    this.afterwards = undefined;
    afterwards?.();
    return Promise.resolve(roots);
  }
}

/** A following pool's database. */
export interface TestTable {
  readonly database: Database;
  /** The type of each root by fingerprint, in order. */
  content(): Promise<Record<string, string>>;
  cursor(): Promise<LogPosition | undefined>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTable(): Promise<TestTable> {
  const base = await mkdtemp(path.join(tmpdir(), 'chargegraph-trust-'));
  for (const [name, file] of [
    ['20260101000000_event_tables', eventTablesPath],
    ['20260101000100_trusted_roots', trustTablesPath],
  ] as const) {
    const folder = path.join(base, name);
    await mkdir(folder);
    await copyFile(file, path.join(folder, 'migration.sql'));
  }
  const postgres = await createTestDatabase();
  const target = { url: postgres.url, schema: 'pcp', logger: silentLogger };
  await migrate({ ...target, folder: base });
  const database = createDatabase(target);
  return {
    database,
    content: async () => {
      const rows = await database.query<{ fingerprint: string; type: string }>(
        'SELECT fingerprint, type FROM trusted_root ORDER BY fingerprint COLLATE "C"',
      );
      return Object.fromEntries(rows.map(({ fingerprint, type }) => [fingerprint, type]));
    },
    cursor: async () => {
      const [row] = await database.query<{ log_id: string; position: string }>(
        "SELECT log_id, position FROM consumer_cursor WHERE name = 'rcp'",
      );
      return row && { logId: row.log_id, position: Number(row.position) };
    },
    clear: async () => {
      await emptyTables(database, 'trusted_root', 'consumer_cursor');
      await database.execute('UPDATE trusted_root_state SET followed_at = NULL, revision = revision + 1');
    },
    stop: async () => {
      await database.close();
      await postgres.drop();
      await rm(base, { recursive: true, force: true });
    },
  };
}
