import type { ErrorCode } from '@chargegraph/service';

/** On whose behalf something is written: goes with a request from the door to the transaction. */
export interface Act {
  /** The client; for a service's own doing the service, e.g. `ccp`; for what it does for a client `cps:<client>`. */
  readonly clientId: string;
  readonly organisation: string;
  /** The request's trace id, found in logs and answers. */
  readonly traceId: string;
}

/** A write that is about to be committed. */
export interface WriteEntry {
  readonly act: Act;
  /** What was done: the mutation's name, or for a service's own doing what it is called, e.g. `cascade`. */
  readonly action: string;
  /** What it was done to: type and natural key, e.g. `Contract DEEMPC00000001`. Never a secret. */
  readonly object: string;
  readonly occurredAt: Date;
}

/** A write that was refused. */
export interface RefusalEntry extends WriteEntry {
  readonly code: ErrorCode;
  /** The sentence that the caller was given. */
  readonly detail: string;
}

/** What recording needs of a database or an open transaction. */
export interface AuditTransaction {
  execute(sql: string, params?: readonly unknown[]): Promise<unknown>;
}

const insert = `INSERT INTO audit_open
  (occurred_at, client_id, organisation, trace_id, action, object, outcome, code, detail)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** Longest text of an entry's fields that come from outside. */
const longest = 500;

/** PostgreSQL refuses U+0000, and nobody reads megabytes. */
const bounded = (text: string) => text.replaceAll('\u0000', '\ufffd').slice(0, longest);

/** Records a write in the transaction that carries it out: both are committed, or neither. */
export async function recordWrite(tx: AuditTransaction, entry: WriteEntry): Promise<void> {
  await record(tx, entry, 'DONE', null, null);
}

/** Records that a write was refused; in no transaction, or in one of its own. */
export async function recordRefusal(database: AuditTransaction, entry: RefusalEntry): Promise<void> {
  await record(database, entry, 'REFUSED', entry.code, bounded(entry.detail));
}

async function record(
  on: AuditTransaction,
  { act, action, object, occurredAt }: WriteEntry,
  outcome: 'DONE' | 'REFUSED',
  code: string | null,
  detail: string | null,
): Promise<void> {
  await on.execute(insert, [
    occurredAt,
    act.clientId,
    act.organisation,
    act.traceId,
    action,
    bounded(object),
    outcome,
    code,
    detail,
  ]);
}
