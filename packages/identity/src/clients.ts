import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Database } from '@chargegraph/database';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Caller } from './caller.ts';
import { normaliseRoles } from './roles.ts';

/** A partner's client as the operator sets it up. */
export interface NewClient {
  /** Chosen by the operator, or made when absent: letters, digits, `.`, `_`, `-`; at most 100. */
  readonly clientId?: string | undefined;
  /** For humans. */
  readonly name: string;
  /** Its WMIs and provider ids belong to this organisation. */
  readonly organisation: string;
  /** Role names; OPCP's are understood. At least one must be known. */
  readonly roles: readonly string[];
  /** Three letters or digits each. */
  readonly wmis?: readonly string[] | undefined;
  /** Five letters or digits each. */
  readonly providerIds?: readonly string[] | undefined;
}

/** What a client authenticates with. The secret is shown once and kept only as a hash. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A client as it is stored. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  readonly caller: Caller;
}

/** The partners' clients, kept in the PostgreSQL schema `identity`. */
export interface Clients {
  /**
   * Sets a client up.
   *
   * @throws ChargeGraphError BAD_INPUT, or CONFLICT when the id is taken or a WMI or provider id belongs to
   *   another organisation
   */
  add(client: NewClient): Promise<ClientCredentials>;
  /**
   * Gives a client a new secret; the old one ends at once.
   *
   * @throws ChargeGraphError NOT_FOUND
   */
  rotateSecret(clientId: string): Promise<ClientCredentials>;
  /** An enabled client; undefined when there is none. */
  find(clientId: string): Promise<Client | undefined>;
  /** The client whose secret this is; undefined for a wrong secret, an unknown or a disabled client alike. */
  authenticate(clientId: string, clientSecret: string): Promise<Client | undefined>;
}

interface ClientRow {
  readonly client_id: string;
  readonly name: string;
  readonly organisation: string;
  readonly roles: string[];
  readonly secret_hash: Buffer;
  readonly wmis: string[];
  readonly provider_ids: string[];
}

/** What a client's id can be; anything else is no client's, and PostgreSQL might not even take it. */
const clientIdPattern = /^[A-Za-z0-9._-]{1,100}$/;

const hash = (secret: string) => createHash('sha256').update(secret).digest();
const nobodysHash = hash(randomBytes(32).toString('hex'));

/** The clients over their database. */
export function createClients({ database, clock }: { database: Database; clock: Clock }): Clients {
  const read = async (clientId: string): Promise<ClientRow | undefined> => {
    if (!clientIdPattern.test(clientId)) return undefined;
    const rows = await database.query<ClientRow>(
      `SELECT c.client_id, c.name, c.organisation, c.roles, c.secret_hash,
              coalesce(array_agg(i.value) FILTER (WHERE i.kind = 'WMI'), '{}') AS wmis,
              coalesce(array_agg(i.value) FILTER (WHERE i.kind = 'PROVIDER_ID'), '{}') AS provider_ids
         FROM client c LEFT JOIN client_identifier i USING (client_id)
        WHERE c.client_id = $1 AND c.disabled_at IS NULL GROUP BY c.client_id`,
      [clientId],
    );
    return rows[0];
  };

  return {
    async add(client) {
      const checked = checkClient(client);
      const clientSecret = randomBytes(32).toString('base64url');
      await database.transaction(async (tx) => {
        const inserted = await tx.execute(
          `INSERT INTO client (client_id, name, organisation, roles, secret_hash, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
          [
            checked.clientId,
            client.name,
            client.organisation,
            checked.roles,
            hash(clientSecret),
            clock.now(),
          ],
        );
        if (inserted === 0) {
          throw new ChargeGraphError('CONFLICT', `A client "${checked.clientId}" is already there.`, {
            path: ['clientId'],
          });
        }
        for (const { kind, value, path } of checked.identifiers) {
          const owners = await tx.query<{ organisation: string }>(
            `INSERT INTO organisation_identifier (kind, value, organisation) VALUES ($1, $2, $3)
             ON CONFLICT (kind, value) DO UPDATE SET value = excluded.value RETURNING organisation`,
            [kind, value, client.organisation],
          );
          if (owners[0]?.organisation !== client.organisation) {
            throw new ChargeGraphError('CONFLICT', `${value} belongs to another organisation.`, {
              path: [path],
            });
          }
          await tx.execute('INSERT INTO client_identifier (client_id, kind, value) VALUES ($1, $2, $3)', [
            checked.clientId,
            kind,
            value,
          ]);
        }
      });
      return { clientId: checked.clientId, clientSecret };
    },

    async rotateSecret(clientId) {
      const clientSecret = randomBytes(32).toString('base64url');
      const update = 'UPDATE client SET secret_hash = $2 WHERE client_id = $1';
      const known =
        clientIdPattern.test(clientId) &&
        (await database.execute(update, [clientId, hash(clientSecret)])) > 0;
      if (!known) throw new ChargeGraphError('NOT_FOUND', `There is no client "${clientId}".`);
      return { clientId, clientSecret };
    },

    async find(clientId) {
      const row = await read(clientId);
      return row === undefined ? undefined : toClient(row);
    },

    async authenticate(clientId, clientSecret) {
      const row = await read(clientId);
      // An unknown client costs the same comparison as a wrong secret.
      const matches = timingSafeEqual(hash(clientSecret), row?.secret_hash ?? nobodysHash);
      return row !== undefined && matches ? toClient(row) : undefined;
    },
  };
}

function toClient(row: ClientRow): Client {
  return {
    clientId: row.client_id,
    name: row.name,
    caller: {
      clientId: row.client_id,
      organisation: row.organisation,
      roles: normaliseRoles(row.roles),
      wmis: new Set(row.wmis),
      providerIds: new Set(row.provider_ids),
    },
  };
}

const isLine = (text: string) => text.trim() !== '' && /^\P{Cc}{1,200}$/u.test(text);

function checkClient(client: NewClient) {
  const refuse = (path: string, message: string) =>
    new ChargeGraphError('BAD_INPUT', message, { path: [path] });
  const clientId = client.clientId ?? randomUUID();
  if (!clientIdPattern.test(clientId)) {
    throw refuse('clientId', 'A client id consists of 1 to 100 letters, digits, ".", "_" and "-".');
  }
  if (!isLine(client.name)) throw refuse('name', 'A name has 1 to 200 characters on one line.');
  if (!isLine(client.organisation)) {
    throw refuse('organisation', 'An organisation has 1 to 200 characters on one line.');
  }
  const roles = [...normaliseRoles(client.roles)];
  if (roles.length === 0) throw refuse('roles', 'None of the roles is known.');
  const identifiers = [
    ...identifiersOf(
      'WMI',
      'wmis',
      client.wmis ?? [],
      /^[A-Z0-9]{3}$/i,
      'A WMI has three letters or digits.',
    ),
    ...identifiersOf(
      'PROVIDER_ID',
      'providerIds',
      client.providerIds ?? [],
      /^[A-Z]{2}[A-Z0-9]{3}$/i,
      'A provider id has two letters, the country, and three letters or digits.',
    ),
  ];
  return { clientId, roles, identifiers };

  function identifiersOf(
    kind: string,
    path: string,
    values: readonly string[],
    pattern: RegExp,
    rule: string,
  ) {
    // Looked at before its letters become upper case: other letters than ASCII's turn into those.
    const wrong = values.find((value) => !pattern.test(value));
    if (wrong !== undefined) throw refuse(path, `"${wrong}": ${rule}`);
    return [...new Set(values.map((value) => value.toUpperCase()))].map((value) => ({ kind, value, path }));
  }
}
