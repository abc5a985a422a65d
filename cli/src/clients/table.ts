import type { ClientRecord } from '@chargegraph/identity';
import { textTable, type Column } from '../table.ts';

const columns: readonly Column<ClientRecord>[] = [
  ['CLIENT ID', ({ clientId }) => clientId],
  ['ORGANISATION', ({ organisation }) => organisation],
  ['NAME', ({ name }) => name],
  ['ROLES', ({ roles }) => roles.join(' ')],
  ['WMIS', ({ wmis }) => wmis.join(' ')],
  ['PROVIDER IDS', ({ providerIds }) => providerIds.join(' ')],
  ['CREATED', ({ createdAt }) => day(createdAt)],
  ['STATE', ({ disabledAt }) => (disabledAt === undefined ? 'enabled' : `disabled ${day(disabledAt)}`)],
];

const day = (instant: Date) => instant.toISOString().slice(0, 10);

/** Clients as a table for a terminal. */
export const clientTable = (clients: readonly ClientRecord[]): string => textTable(columns, clients);
