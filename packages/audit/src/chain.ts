import { createHash } from 'node:crypto';

/** A record as the chain holds it. */
export interface ChainedRecord {
  /** From 1, without a gap. A decimal number. */
  readonly position: string;
  readonly occurredAt: Date;
  readonly clientId: string;
  readonly organisation: string;
  readonly traceId: string;
  readonly action: string;
  readonly object: string;
  readonly outcome: string;
  /** Of a refusal: its error code and sentence. */
  readonly code: string | null;
  readonly detail: string | null;
}

/** The hash before the first record: 32 octets of zero. */
export const firstHash: Uint8Array = new Uint8Array(32);

const absent = Buffer.from([0xff, 0xff, 0xff, 0xff]);

function encoded(text: string | null): Buffer[] {
  if (text === null) return [absent];
  const octets = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return [length, octets];
}

/**
 * The hash of a sealed record: SHA-256 over the hash before it (32 octets; of zero before the first record),
 * followed by these fields in this order: the name of the pool's schema (`rcp`, `pcp`, `ccp`, `cps` or `identity`),
 * position, occurred_at, client_id, organisation, trace_id, action, object, outcome, code, detail. A field is the
 * length of its UTF-8 text in octets, as four octets with the highest first, followed by the text; one that is NULL
 * is `ff ff ff ff` alone. The position is written in decimal, the time as RFC 3339 in UTC with three digits of the
 * second (`2026-03-01T12:00:00.000Z`). Every length stands before its text, so no two records are written alike.
 */
export function recordHash(pool: string, before: Uint8Array, record: ChainedRecord): Buffer {
  const hash = createHash('sha256').update(before);
  const fields = [
    pool,
    record.position,
    record.occurredAt.toISOString(),
    record.clientId,
    record.organisation,
    record.traceId,
    record.action,
    record.object,
    record.outcome,
    record.code,
    record.detail,
  ];
  for (const part of fields.flatMap(encoded)) hash.update(part);
  return hash.digest();
}

/** The columns of a {@link ChainedRecord} but for its position, under its names. */
export const recordColumns = `occurred_at AS "occurredAt", client_id AS "clientId", organisation,
  trace_id AS "traceId", action, object, outcome, code, detail`;
