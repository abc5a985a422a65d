import type { EventConsumer, StoredConsumer } from '../domain/event-consumer.ts';

/** A row of `event_consumer` as {@link consumerColumns} selects it. */
export interface ConsumerRow {
  readonly client_id: string;
  readonly name: string;
  readonly organisation: string;
  readonly log_id: string;
  readonly position: string;
  readonly fencing: string;
  readonly lease_until: Date | null;
  readonly created_at: Date;
  readonly last_contact_at: Date;
}

/** With how far it is behind, as {@link lagColumns} selects it. */
export interface LaggingRow extends ConsumerRow {
  readonly lag: string | null;
  readonly oldest_at: Date | null;
}

/** Columns of a consumer `c`. */
export const consumerColumns =
  'c.client_id, c.name, c.organisation, c.log_id, c.position, c.fencing, c.lease_until, c.created_at, c.last_contact_at';

/** How far a consumer `c` is behind the log whose head is `h`. */
export const lagColumns = `CASE WHEN c.log_id = h.log_id THEN greatest(h.position - c.position, 0) END AS lag,
  (SELECT e.occurred_at FROM log e WHERE c.log_id = h.log_id AND e.position > c.position
    ORDER BY e.position LIMIT 1) AS oldest_at`;

/** A row as the rules have it. */
export function toStored(row: ConsumerRow): StoredConsumer {
  return {
    clientId: row.client_id,
    name: row.name,
    organisation: row.organisation,
    place: { logId: row.log_id, position: Number(row.position) },
    fencing: Number(row.fencing),
    leaseUntil: row.lease_until ?? undefined,
    createdAt: row.created_at,
    lastContactAt: row.last_contact_at,
  };
}

/** The same with how far it is behind. */
export function toConsumer(row: LaggingRow): EventConsumer {
  return {
    ...toStored(row),
    lag: row.lag === null ? undefined : Number(row.lag),
    oldestUnacknowledgedAt: row.oldest_at ?? undefined,
  };
}
