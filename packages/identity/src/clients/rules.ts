import { randomUUID } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import { normaliseRoles, type PartnerRole } from '../roles.ts';
import type { ClientChange, NewClient } from './client.ts';

/** What belongs to an organisation. */
export type IdentifierKind = 'WMI' | 'PROVIDER_ID';

/** An identifier that a client is given, in its canonical form, and the input field that it came by. */
export interface OwnIdentifier {
  readonly kind: IdentifierKind;
  readonly value: string;
  readonly path: string;
}

/** A client's input that keeps the rules; identifiers of a kind that was not given are undefined. */
export interface CheckedChange {
  readonly name: string | undefined;
  readonly roles: readonly PartnerRole[] | undefined;
  readonly identifiers: Readonly<Record<IdentifierKind, readonly OwnIdentifier[] | undefined>>;
}

/** What a client's id can be; anything else is no client's, and PostgreSQL might not even take it. */
const clientIdPattern = /^[A-Za-z0-9._-]{1,100}$/;

/** Whether a client can have this id. */
export const isClientId = (text: string): boolean => clientIdPattern.test(text);

const isLine = (text: string) => text.trim() !== '' && /^\P{Cc}{1,200}$/u.test(text);

const refuse = (path: string, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: [path] });

/**
 * A new client's id, or one that is made for it.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function checkClientId(clientId: string = randomUUID()): string {
  if (!isClientId(clientId)) {
    throw refuse('clientId', 'A client id consists of 1 to 100 letters, digits, ".", "_" and "-".');
  }
  return clientId;
}

/** An organisation's name as it is shown, and by what it is recognised. */
export interface OrganisationName {
  readonly name: string;
  readonly key: string;
}

/**
 * Reads an organisation's name: white space around it and its case make no difference.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function readOrganisation(given: string): OrganisationName {
  if (!isLine(given)) throw refuse('organisation', 'An organisation has 1 to 200 characters on one line.');
  const name = given.normalize('NFC').trim();
  return { name, key: name.toLowerCase() };
}

/**
 * Checks what a client is to be, or what is to change about it.
 *
 * @throws ChargeGraphError BAD_INPUT naming the field
 */
export function checkChange(change: ClientChange): CheckedChange {
  const { name, roles, wmis, providerIds } = change;
  if (name !== undefined && !isLine(name)) {
    throw refuse('name', 'A name has 1 to 200 characters on one line.');
  }
  const known = roles === undefined ? undefined : [...normaliseRoles(roles)].sort();
  if (known?.length === 0) throw refuse('roles', 'None of the roles is known.');
  return {
    name,
    roles: known,
    identifiers: {
      WMI: wmis && readIdentifiers('WMI', wmis),
      PROVIDER_ID: providerIds && readIdentifiers('PROVIDER_ID', providerIds),
    },
  };
}

/** @throws ChargeGraphError BAD_INPUT naming the field */
export function checkNewClient(client: NewClient) {
  const clientId = checkClientId(client.clientId);
  const { name = client.name, roles = [], identifiers } = checkChange(client);
  return {
    clientId,
    name,
    roles,
    organisation: readOrganisation(client.organisation),
    identifiers: [...(identifiers.WMI ?? []), ...(identifiers.PROVIDER_ID ?? [])],
  };
}

const identifierRules = {
  WMI: { path: 'wmis', pattern: /^[A-Z0-9]{3}$/i, rule: 'A WMI has three letters or digits.' },
  PROVIDER_ID: {
    path: 'providerIds',
    pattern: /^[A-Z]{2}[A-Z0-9]{3}$/i,
    rule: 'A provider id has two letters, the country, and three letters or digits.',
  },
} as const;

/** Whether a text can be an identifier of this kind; anything else is nobody's, and PostgreSQL might not even take it. */
export const isIdentifier = (kind: IdentifierKind, text: string): boolean =>
  identifierRules[kind].pattern.test(text);

/** Most WMIs, or provider ids, of one client. */
const mostIdentifiers = 1_000;

function readIdentifiers(kind: IdentifierKind, values: readonly string[]): OwnIdentifier[] {
  const { path, pattern, rule } = identifierRules[kind];
  // Looked at before its letters become upper case: other letters than ASCII's turn into those.
  const wrong = values.find((value) => !pattern.test(value));
  if (wrong !== undefined) throw refuse(path, `"${wrong}": ${rule}`);
  const canonical = new Set(values.map((value) => value.toUpperCase()));
  if (canonical.size > mostIdentifiers) {
    throw refuse(path, `A client has at most ${mostIdentifiers} of these.`);
  }
  // Always in the same order, so that writes that claim the same ones do not wait for each other in a circle.
  return [...canonical].sort().map((value) => ({ kind, value, path }));
}
