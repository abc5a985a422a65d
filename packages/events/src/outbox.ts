import { randomUUID } from 'node:crypto';
import type { JsonObject } from './event.ts';

/** What {@link appendEvent} needs of an open transaction. */
export interface EventTransaction {
  execute(sql: string, params?: readonly unknown[]): Promise<unknown>;
}

/** An event about to be recorded. */
export interface NewEvent {
  /** A UUID; made unless given. An id that the log already has is not logged again. */
  readonly id?: string;
  readonly type: string;
  readonly occurredAt: Date;
  /** What the event tells, as of now. Texts must not hold the character U+0000, which PostgreSQL refuses. */
  readonly facts: JsonObject;
}

/**
 * How a statement begins that records the events which its SELECT gives, in that order: id, type, instant and facts. For
 * many events at once; what {@link appendEvent} says of it holds as well.
 */
export const insertEvents = 'INSERT INTO outbox (event_id, type, occurred_at, facts)';

/**
 * Records an event in the transaction that does what the event tells of. For the events of one subject to be
 * logged in the order of their commits, the transaction must have locked the subject's row before.
 *
 * @returns the event's id
 */
export async function appendEvent(tx: EventTransaction, event: NewEvent): Promise<string> {
  const id = (event.id ?? randomUUID()).toLowerCase();
  await tx.execute(`${insertEvents} VALUES ($1, $2, $3, $4::text::jsonb)`, [
    id,
    event.type,
    event.occurredAt,
    JSON.stringify(event.facts),
  ]);
  return id;
}
