import type { SqlRunner } from '@chargegraph/database';
import { normaliseRoles } from '../roles.ts';
import type { Client, ClientRecord } from './client.ts';
import { isClientId } from './rules.ts';

/** A client as the database has it. */
export interface ClientRow {
  readonly client_id: string;
  readonly name: string;
  readonly organisation: string;
  readonly roles: string[];
  readonly secret_hash: Buffer;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  readonly wmis: string[];
  readonly provider_ids: string[];
}

const own = (kind: string) =>
  `ARRAY(SELECT i.value FROM client_identifier i WHERE i.client_id = c.client_id AND i.kind = '${kind}')`;

/** The columns of a {@link ClientRow} of `client c`. */
export const clientColumns = `c.client_id, c.name, c.organisation, c.roles, c.secret_hash, c.created_at, c.disabled_at,
  ${own('WMI')} AS wmis, ${own('PROVIDER_ID')} AS provider_ids`;

/** A client by its id, enabled or not; an id that none can have is not asked for. */
export async function readClient(on: SqlRunner, clientId: string): Promise<ClientRow | undefined> {
  if (!isClientId(clientId)) return undefined;
  const rows = await on.query<ClientRow>(`SELECT ${clientColumns} FROM client c WHERE c.client_id = $1`, [
    clientId,
  ]);
  return rows[0];
}

/** A row as the operator sees it: nothing of the secret. */
export const toRecord = (row: ClientRow): ClientRecord => ({
  clientId: row.client_id,
  name: row.name,
  organisation: row.organisation,
  roles: [...normaliseRoles(row.roles)].sort(),
  wmis: row.wmis.toSorted(),
  providerIds: row.provider_ids.toSorted(),
  createdAt: row.created_at,
  disabledAt: row.disabled_at ?? undefined,
});

/** A row of an enabled client as its rights. */
export const toClient = (row: ClientRow): Client => ({
  clientId: row.client_id,
  name: row.name,
  caller: {
    clientId: row.client_id,
    organisation: row.organisation,
    roles: normaliseRoles(row.roles),
    wmis: new Set(row.wmis),
    providerIds: new Set(row.provider_ids),
  },
});
