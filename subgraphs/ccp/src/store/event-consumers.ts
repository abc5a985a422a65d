import type { Database } from '@chargegraph/database';
import type { ConsumerQuery, ConsumerStore, LeaseState } from '../domain/event-consumer.ts';
import { consumerColumns, lagColumns, toConsumer, type LaggingRow } from './consumer-rows.ts';
import { createConsumerTransaction, type ConsumerHooks } from './consumer-transaction.ts';

const selectConsumers = `SELECT ${consumerColumns}, ${lagColumns} FROM event_consumer c CROSS JOIN log_head h`;

/** The named consumers in PostgreSQL. */
export function createConsumerStore(database: Database, hooks: ConsumerHooks): ConsumerStore {
  return {
    async find({ clientId, name }) {
      const [row] = await database.query<LaggingRow>(
        `${selectConsumers} WHERE c.client_id = $1 AND c.name = $2`,
        [clientId, name],
      );
      return row && toConsumer(row);
    },

    async page(query, { backward, limit, from }) {
      const { where, params } = conditions(query);
      if (from !== undefined) {
        const [clientId, name] = [params.push(from[0]), params.push(from[1])];
        where.push(`(c.client_id, c.name) ${backward ? '<' : '>'} ($${clientId}::text, $${name}::text)`);
      }
      const direction = backward ? 'DESC' : 'ASC';
      const rows = await database.query<LaggingRow>(
        `${selectConsumers} WHERE ${where.join(' AND ')}
          ORDER BY c.client_id ${direction}, c.name ${direction} LIMIT $${params.push(limit + 1)}`,
        params,
      );
      return rows.map(toConsumer);
    },

    async count(query) {
      const { where, params } = conditions(query);
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM event_consumer c WHERE ${where.join(' AND ')}`,
        params,
      );
      return row?.count ?? 0;
    },

    async renew(leases, until, now) {
      if (leases.length === 0) return [];
      const rows = await database.query<{ state: LeaseState }>(
        `WITH asked AS (
           SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[])
             WITH ORDINALITY a (client_id, name, holder, fencing, ordinal)
         ), held AS (
           UPDATE event_consumer c SET lease_until = $5, last_contact_at = $6
             FROM asked a
            WHERE c.client_id = a.client_id AND c.name = a.name AND c.holder = a.holder AND c.fencing = a.fencing
           RETURNING a.ordinal
         )
         SELECT CASE WHEN h.ordinal IS NOT NULL THEN 'HELD'
                     WHEN c.name IS NULL THEN 'GONE'
                     WHEN c.set_back THEN 'SET_BACK' ELSE 'TAKEN_OVER' END AS state
           FROM asked a
           LEFT JOIN held h USING (ordinal)
           LEFT JOIN event_consumer c ON c.client_id = a.client_id AND c.name = a.name
          ORDER BY a.ordinal`,
        [
          leases.map(({ clientId }) => clientId),
          leases.map(({ name }) => name),
          leases.map(({ holder }) => holder),
          leases.map(({ fencing }) => fencing),
          until,
          now,
        ],
      );
      return rows.map(({ state }) => state);
    },

    async release({ clientId, name, holder, fencing }, now) {
      const released = await database.execute(
        `UPDATE event_consumer SET holder = NULL, lease_until = NULL, last_contact_at = $5
          WHERE client_id = $1 AND name = $2 AND holder = $3 AND fencing = $4`,
        [clientId, name, holder, fencing, now],
      );
      return released === 1;
    },

    transaction: (work) => database.transaction((tx) => work(createConsumerTransaction(tx, hooks))),
  };
}

function conditions({ clientId, name, connected, now }: ConsumerQuery): {
  where: string[];
  params: unknown[];
} {
  const params: unknown[] = [];
  const where = ['true'];
  if (clientId !== undefined) where.push(`c.client_id = $${params.push(clientId)}`);
  if (name !== undefined) where.push(`c.name = $${params.push(name)}`);
  if (connected !== undefined) {
    where.push(`coalesce(c.lease_until > $${params.push(now)}, false) = $${params.push(connected)}`);
  }
  return { where, params };
}
