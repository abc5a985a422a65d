import type { Transaction } from '@chargegraph/database';
import { ChargeGraphError } from '@chargegraph/service';
import type { OrganisationName, OwnIdentifier } from './rules.ts';

/**
 * Finds or founds an organisation, and has the writes of its clients wait for each other from here to the end of the
 * transaction: what one of them gives back, another may be taking.
 *
 * @returns the name that it is shown by
 */
export async function enterOrganisation(tx: Transaction, { key, name }: OrganisationName): Promise<string> {
  await tx.execute('INSERT INTO organisation (key, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    key,
    name,
  ]);
  const rows = await tx.query<{ name: string }>(
    `SELECT name FROM organisation WHERE key = $1 OR name = $2
      ORDER BY (key = $1) DESC LIMIT 1 FOR NO KEY UPDATE`,
    [key, name],
  );
  return rows[0]?.name ?? name;
}

/**
 * Gives a client identifiers that its organisation has or that nobody has.
 *
 * @throws ChargeGraphError CONFLICT
 */
export async function claimIdentifiers(
  tx: Transaction,
  { clientId, organisation }: { readonly clientId: string; readonly organisation: string },
  identifiers: readonly OwnIdentifier[],
): Promise<void> {
  for (const { kind, value, path } of identifiers) {
    const owners = await tx.query<{ organisation: string }>(
      `INSERT INTO organisation_identifier (kind, value, organisation) VALUES ($1, $2, $3)
       ON CONFLICT (kind, value) DO UPDATE SET value = excluded.value RETURNING organisation`,
      [kind, value, organisation],
    );
    if (owners[0]?.organisation !== organisation) {
      throw new ChargeGraphError('CONFLICT', `${value} belongs to another organisation.`, { path: [path] });
    }
    await tx.execute('INSERT INTO client_identifier (client_id, kind, value) VALUES ($1, $2, $3)', [
      clientId,
      kind,
      value,
    ]);
  }
}

/** Takes identifiers from a client; those that no other client has, disabled ones included, become free. */
export async function releaseIdentifiers(
  tx: Transaction,
  clientId: string,
  identifiers: readonly Pick<OwnIdentifier, 'kind' | 'value'>[],
): Promise<void> {
  for (const { kind, value } of identifiers) {
    await tx.execute('DELETE FROM client_identifier WHERE client_id = $1 AND kind = $2 AND value = $3', [
      clientId,
      kind,
      value,
    ]);
    await tx.execute(
      `DELETE FROM organisation_identifier WHERE kind = $1 AND value = $2
         AND NOT EXISTS (SELECT FROM client_identifier WHERE kind = $1 AND value = $2)`,
      [kind, value],
    );
  }
}
