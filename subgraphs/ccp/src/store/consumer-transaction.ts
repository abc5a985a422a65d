import { recordWrite } from '@chargegraph/audit';
import type { Transaction } from '@chargegraph/database';
import { appendEvent, insertEvents, readEvent, readHead, type ConsumerNotice } from '@chargegraph/events';
import { deliveredTypes } from '../domain/acknowledge-events.ts';
import type { ConsumerTransaction } from '../domain/event-consumer.ts';
import { consumerColumns, toStored, type ConsumerRow } from './consumer-rows.ts';

/** What is called after commits. */
export interface ConsumerHooks {
  /** After each that brought an event or an audit record. */
  readonly onEvent: () => void;
  /** After each by which leases are lost. */
  readonly onNotice: (notice: ConsumerNotice) => void;
}

/** Of an event's facts, those of an event that tells of it. */
const toldFacts = "facts - 'madeDefaultIn'";

/** One unit of work on consumers in an open database transaction. */
export function createConsumerTransaction(tx: Transaction, hooks: ConsumerHooks): ConsumerTransaction {
  const fencingOf = (rows: readonly { readonly fencing: string }[]): number => {
    const [row] = rows;
    if (row === undefined) throw new Error('The consumer was not locked.');
    return Number(row.fencing);
  };

  return {
    head: () => readHead(tx),
    event: (position) => readEvent(tx, position),

    async lockClient(clientId) {
      const sql = "SELECT pg_advisory_xact_lock(hashtext('event consumers'), hashtext($1))";
      await tx.execute(sql, [clientId]);
    },

    async lock({ clientId, name }) {
      const [row] = await tx.query<ConsumerRow>(
        `SELECT ${consumerColumns} FROM event_consumer c WHERE c.client_id = $1 AND c.name = $2 FOR UPDATE`,
        [clientId, name],
      );
      return row && toStored(row);
    },

    async count(clientId) {
      const [row] = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM event_consumer WHERE client_id = $1',
        [clientId],
      );
      return row?.count ?? 0;
    },

    async insert({ clientId, name }, { logId, position }, { organisation, wmis, at }) {
      await tx.execute(
        `INSERT INTO event_consumer
           (client_id, name, organisation, wmis, log_id, position, created_at, last_contact_at, fencing)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, nextval('event_consumer_fencing'))`,
        [clientId, name, organisation, wmis, logId, position, at],
      );
    },

    async lease({ clientId, name }, holder, until, { organisation, wmis, at }) {
      return fencingOf(
        await tx.query(
          `UPDATE event_consumer
              SET fencing = nextval('event_consumer_fencing'), set_back = false, holder = $3, lease_until = $4,
                  organisation = $5, wmis = $6, last_contact_at = $7
            WHERE client_id = $1 AND name = $2 RETURNING fencing`,
          [clientId, name, holder, until, organisation, wmis, at],
        ),
      );
    },

    async setBack({ clientId, name }, { logId, position }) {
      return fencingOf(
        await tx.query(
          `UPDATE event_consumer
              SET fencing = nextval('event_consumer_fencing'), set_back = true, holder = NULL, lease_until = NULL,
                  log_id = $3, position = $4
            WHERE client_id = $1 AND name = $2 RETURNING fencing`,
          [clientId, name, logId, position],
        ),
      );
    },

    async remove({ clientId, name }) {
      return fencingOf(
        await tx.query(
          `DELETE FROM event_consumer WHERE client_id = $1 AND name = $2
            RETURNING nextval('event_consumer_fencing') AS fencing`,
          [clientId, name],
        ),
      );
    },

    async move({ clientId, name }, position, { organisation, wmis, at }) {
      await tx.execute(
        `UPDATE event_consumer SET position = $3, organisation = $4, wmis = $5, last_contact_at = $6
          WHERE client_id = $1 AND name = $2`,
        [clientId, name, position, organisation, wmis, at],
      );
    },

    async tellSent({ after, to }, wmis, { clientId, name, at }) {
      // All in the database, and in the order of the log: who acknowledges the same events waits, in the same order.
      const told = await tx.execute(
        `WITH due AS (
           SELECT event_id, position, type, facts FROM log
            WHERE position > $1 AND position <= $2 AND type = ANY ($3) AND facts->>'wmi' = ANY ($4)
         ), fresh AS (
           INSERT INTO event_delivery (event_id, outcome, position, client_id, consumer, told_at)
           SELECT event_id, 'SENT', position, $5, $6, $7 FROM due ORDER BY position
           ON CONFLICT DO NOTHING RETURNING event_id
         )
         ${insertEvents}
         SELECT gen_random_uuid(), 'MO_' || substr(type, 5) || '_SENT_TO_OEM', $7, ${toldFacts}
           FROM due JOIN fresh USING (event_id) ORDER BY position`,
        [after, to, deliveredTypes, wmis, clientId, name, at],
      );
      if (told > 0) tx.afterCommit(hooks.onEvent);
    },

    async tellRejected({ id, position, facts }, reason, { clientId, name, at }) {
      const isNew = await tx.execute(
        `INSERT INTO event_delivery (event_id, outcome, position, client_id, consumer, told_at)
         VALUES ($1, 'REJECTED', $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
        [id, position, clientId, name, at],
      );
      if (isNew === 0) return;
      const { madeDefaultIn: _, ...told } = facts;
      await appendEvent(tx, {
        type: 'MO_CONTRACT_REJECTED_BY_OEM',
        occurredAt: at,
        facts: { ...told, reason },
      });
      tx.afterCommit(hooks.onEvent);
    },

    async isRejected(eventId) {
      const rows = await tx.query("SELECT FROM event_delivery WHERE event_id = $1 AND outcome = 'REJECTED'", [
        eventId,
      ]);
      return rows.length > 0;
    },

    async append({ type, at, facts }) {
      tx.afterCommit(hooks.onEvent);
      return await appendEvent(tx, { type, occurredAt: at, facts });
    },

    notice(notice) {
      tx.afterCommit(() => {
        hooks.onNotice(notice);
      });
    },

    async record(by, { clientId, name }, occurredAt) {
      await recordWrite(tx, { ...by, object: `EventConsumer ${clientId} ${name}`, occurredAt });
      tx.afterCommit(hooks.onEvent);
    },
  };
}
