import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '@chargegraph/database';
import { askAtTheDoor } from '../ask-at-the-door.ts';
import type { ClientFilter, ClientReads } from './client.ts';
import { clientColumns, readClient, toClient, toRecord, type ClientRow } from './rows.ts';
import { isIdentifier, readOrganisation, type IdentifierKind } from './rules.ts';
import { hashSecret } from './secret.ts';

const nobodysHash = hashSecret(randomBytes(32).toString('hex'));

/** The reads of clients over their database. */
export function createClientReads(database: Database): ClientReads {
  const enabled = async (clientId: string): Promise<ClientRow | undefined> => {
    const row = await askAtTheDoor(readClient(database, clientId));
    return row?.disabled_at === null ? row : undefined;
  };

  return {
    async find(clientId) {
      const row = await enabled(clientId);
      return row && toClient(row);
    },

    async authenticate(clientId, clientSecret) {
      const row = await enabled(clientId);
      // An unknown client costs the same comparison as a wrong secret.
      const matches = timingSafeEqual(hashSecret(clientSecret), row?.secret_hash ?? nobodysHash);
      return row !== undefined && matches ? toClient(row) : undefined;
    },

    async get(clientId) {
      const row = await readClient(database, clientId);
      return row && toRecord(row);
    },

    async page(filter, order, page) {
      const { where, params } = conditions(filter);
      const descending = order.descending !== page.backward;
      // The same order on every PostgreSQL, whatever its locale.
      const id = 'c.client_id COLLATE "C"';
      const byCreation = order.by === 'createdAt';
      if (page.from !== undefined) {
        const places = page.from.map((value) => `$${params.push(value)}`);
        const comparison = descending ? '<' : '>';
        where.push(
          byCreation
            ? `(c.created_at, ${id}) ${comparison} (${places[0] ?? ''}::timestamptz, ${places[1] ?? ''})`
            : `${id} ${comparison} ${places[0] ?? ''}`,
        );
      }
      const direction = descending ? 'DESC' : 'ASC';
      const rows = await database.query<ClientRow>(
        `SELECT ${clientColumns} FROM client c WHERE ${where.join(' AND ')}
         ORDER BY ${byCreation ? `c.created_at ${direction}, ` : ''}${id} ${direction}
         LIMIT $${params.push(page.limit + 1)}`,
        params,
      );
      return rows.map(toRecord);
    },

    async count(filter) {
      const { where, params } = conditions(filter);
      const rows = await database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM client c WHERE ${where.join(' AND ')}`,
        params,
      );
      return rows[0]?.count ?? 0;
    },
  };
}

function conditions(filter: ClientFilter): { where: string[]; params: unknown[] } {
  const where = ['true'];
  const params: unknown[] = [];
  const having = (kind: IdentifierKind, values: readonly string[] | undefined) => {
    if (values === undefined) return;
    where.push(
      `EXISTS (SELECT FROM client_identifier i WHERE i.client_id = c.client_id AND i.kind = '${kind}'
                AND i.value = ANY ($${params.push(values.filter((value) => isIdentifier(kind, value)).map((value) => value.toUpperCase()))}))`,
    );
  };
  if (filter.organisation !== undefined) {
    const { key } = readOrganisation(filter.organisation);
    where.push(`c.organisation = (SELECT o.name FROM organisation o WHERE o.key = $${params.push(key)})`);
  }
  if (filter.roles !== undefined) where.push(`c.roles && $${params.push(filter.roles)}::text[]`);
  having('WMI', filter.wmis);
  having('PROVIDER_ID', filter.providerIds);
  if (filter.enabled !== undefined) where.push(`c.disabled_at IS ${filter.enabled ? '' : 'NOT '}NULL`);
  return { where, params };
}
