import type { ClientRecord } from '@chargegraph/identity';

const columns: readonly (readonly [string, (client: ClientRecord) => string])[] = [
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

/** Clients as a table for a terminal; an empty cell is a dash, so that columns can be told apart by their spaces. */
export function clientTable(clients: readonly ClientRecord[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...clients.map((client) => columns.map(([, cell]) => cell(client) || '–')),
  ];
  const widths = columns.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0),
  );
  return rows
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
