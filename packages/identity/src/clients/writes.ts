import { recordWrite, type Act } from '@chargegraph/audit';
import type { Database, Transaction } from '@chargegraph/database';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { ClientRecord, ClientWrites } from './client.ts';
import { claimIdentifiers, enterOrganisation, releaseIdentifiers } from './identifiers.ts';
import { readClient, toRecord } from './rows.ts';
import { checkChange, checkNewClient, readOrganisation, type IdentifierKind } from './rules.ts';
import { hashSecret, makeSecret } from './secret.ts';

/** The writes of clients over their database, done by one and the same. */
export function createClientWrites(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  act: Act,
): ClientWrites {
  const record = (tx: Transaction, action: string, clientId: string) =>
    recordWrite(tx, { act, action, object: `Client ${clientId}`, occurredAt: clock.now() });

  /** Runs one statement on the client's row, and records it unless it changed nothing. */
  const changeRow = (clientId: string, action: string, sql: string, params: readonly unknown[] = []) =>
    database.transaction(async (tx) => {
      await existing(tx, clientId);
      const changed = await tx.execute(sql, [clientId, ...params]);
      if (changed > 0) await record(tx, action, clientId);
      return await existing(tx, clientId);
    });

  return {
    async add(client) {
      const { clientId, name, roles, organisation: given, identifiers } = checkNewClient(client);
      const clientSecret = makeSecret();
      const added = await database.transaction(async (tx) => {
        const organisation = await enterOrganisation(tx, given);
        const inserted = await tx.execute(
          `INSERT INTO client (client_id, name, organisation, roles, secret_hash, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
          [clientId, name, organisation, roles, hashSecret(clientSecret), clock.now()],
        );
        if (inserted === 0) {
          throw new ChargeGraphError('CONFLICT', `A client "${clientId}" is already there.`, {
            path: ['clientId'],
          });
        }
        await claimIdentifiers(tx, { clientId, organisation }, identifiers);
        await record(tx, 'addClient', clientId);
        return await existing(tx, clientId);
      });
      return { clientId, clientSecret, client: added };
    },

    async update(clientId, change) {
      const { name, roles, identifiers } = checkChange(change);
      return await database.transaction(async (tx) => {
        const { organisation } = await existing(tx, clientId);
        await enterOrganisation(tx, readOrganisation(organisation));
        // Read again, now that nobody else changes clients of this organisation.
        const before = await existing(tx, clientId);
        let changed = await tx.execute(
          `UPDATE client SET name = coalesce($2, name), roles = coalesce($3::text[], roles) WHERE client_id = $1
             AND (name, roles) IS DISTINCT FROM (coalesce($2, name), coalesce($3::text[], roles))`,
          [clientId, name ?? null, sameMembers(before.roles, roles) ? null : (roles ?? null)],
        );
        for (const kind of ['WMI', 'PROVIDER_ID'] as const) {
          const target = identifiers[kind];
          if (target === undefined) continue;
          const had = ownOf(before, kind);
          const taken = had
            .filter((value) => !target.some((each) => each.value === value))
            .map((value) => ({ kind, value }));
          const given = target.filter(({ value }) => !had.includes(value));
          await releaseIdentifiers(tx, clientId, taken);
          await claimIdentifiers(tx, { clientId, organisation }, given);
          changed += taken.length + given.length;
        }
        if (changed === 0) return before;
        await record(tx, 'updateClient', clientId);
        return await existing(tx, clientId);
      });
    },

    async rotateSecret(clientId) {
      const clientSecret = makeSecret();
      const client = await changeRow(
        clientId,
        'rotateClientSecret',
        'UPDATE client SET secret_hash = $2 WHERE client_id = $1',
        [hashSecret(clientSecret)],
      );
      return { clientId, clientSecret, client };
    },

    disable: (clientId) =>
      changeRow(
        clientId,
        'disableClient',
        'UPDATE client SET disabled_at = $2 WHERE client_id = $1 AND disabled_at IS NULL',
        [clock.now()],
      ),

    enable: (clientId) =>
      changeRow(
        clientId,
        'enableClient',
        'UPDATE client SET disabled_at = NULL WHERE client_id = $1 AND disabled_at IS NOT NULL',
      ),
  };
}

async function existing(tx: Transaction, clientId: string): Promise<ClientRecord> {
  const row = await readClient(tx, clientId);
  if (row === undefined) {
    throw new ChargeGraphError('NOT_FOUND', `There is no client "${clientId.slice(0, 100)}".`, {
      path: ['clientId'],
    });
  }
  return toRecord(row);
}

const ownOf = (client: ClientRecord, kind: IdentifierKind) =>
  kind === 'WMI' ? client.wmis : client.providerIds;

const sameMembers = (one: readonly string[], other: readonly string[] | undefined) =>
  other?.length === one.length && other.every((each) => one.includes(each));
