import type { Act } from '@chargegraph/audit';
import type { Caller } from '../caller.ts';
import type { PartnerRole } from '../roles.ts';

/** A partner's client as the operator sets it up. */
export interface NewClient {
  /** Chosen by the operator, or made when absent: letters, digits, `.`, `_`, `-`; at most 100. */
  readonly clientId?: string | undefined;
  /** For humans. */
  readonly name: string;
  /**
   * Its WMIs and provider ids belong to this organisation. Compared without regard to case and to white space around
   * it, and shown as it was first given.
   */
  readonly organisation: string;
  /** Role names; OPCP's are understood. At least one must be known. */
  readonly roles: readonly string[];
  /** Three letters or digits each. */
  readonly wmis?: readonly string[] | undefined;
  /** Five letters or digits each. */
  readonly providerIds?: readonly string[] | undefined;
}

/** What is to be different about a client; a list takes the place of the one before, and what is absent stays. */
export interface ClientChange {
  readonly name?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly wmis?: readonly string[] | undefined;
  readonly providerIds?: readonly string[] | undefined;
}

/** What a client authenticates with. The secret is shown once and kept only as a hash. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Credentials as they are given out, with the client that they are for. */
export interface IssuedCredentials extends ClientCredentials {
  readonly client: ClientRecord;
}

/** An enabled client, with the rights that count. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  readonly caller: Caller;
}

/** A client as the operator sees it, enabled or not. Lists are in alphabetical order. */
export interface ClientRecord {
  readonly clientId: string;
  readonly name: string;
  readonly organisation: string;
  readonly roles: readonly PartnerRole[];
  readonly wmis: readonly string[];
  readonly providerIds: readonly string[];
  readonly createdAt: Date;
  /** Undefined while it is enabled. */
  readonly disabledAt: Date | undefined;
}

/** Narrows a list of clients; conditions are joined with and, the values of one with or. */
export interface ClientFilter {
  /** Of this organisation. */
  readonly organisation?: string | undefined;
  readonly roles?: readonly PartnerRole[] | undefined;
  readonly wmis?: readonly string[] | undefined;
  readonly providerIds?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

/** By what and in which direction a list of clients is ordered. */
export interface ClientOrder {
  readonly by: 'createdAt' | 'clientId';
  readonly descending: boolean;
}

/** A stretch of an ordered list: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface ClientPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind, as {@link clientSortKey} has it. */
  readonly from: readonly string[] | undefined;
}

/** A client's place in an ordered list. */
export const clientSortKey = (client: ClientRecord, order: ClientOrder): readonly string[] =>
  order.by === 'createdAt' ? [client.createdAt.toISOString(), client.clientId] : [client.clientId];

/** What is known of the partners' clients. */
export interface ClientReads {
  /**
   * An enabled client; undefined when there is none.
   *
   * @throws ChargeGraphError UNAVAILABLE when the database does not answer
   */
  find(clientId: string): Promise<Client | undefined>;
  /**
   * The client whose secret this is; undefined for a wrong secret, an unknown or a disabled client alike.
   *
   * @throws ChargeGraphError UNAVAILABLE when the database does not answer
   */
  authenticate(clientId: string, clientSecret: string): Promise<Client | undefined>;
  /** A client, enabled or not; undefined when there is none. */
  get(clientId: string): Promise<ClientRecord | undefined>;
  /** One client more than the page's limit, when there is one. */
  page(filter: ClientFilter, order: ClientOrder, page: ClientPage): Promise<ClientRecord[]>;
  count(filter: ClientFilter): Promise<number>;
}

/**
 * What the operator does to clients. Everything that changes something is recorded in its own transaction.
 *
 * A WMI or provider id belongs to one organisation for as long as any of its clients has it, a disabled one too; when
 * the last one is without it, it is free.
 */
export interface ClientWrites {
  /**
   * Sets a client up.
   *
   * @throws ChargeGraphError BAD_INPUT, or CONFLICT when the id is taken or a WMI or provider id belongs to
   *   another organisation
   */
  add(client: NewClient): Promise<IssuedCredentials>;
  /**
   * Changes a client, enabled or not.
   *
   * @throws ChargeGraphError BAD_INPUT, NOT_FOUND, or CONFLICT when a WMI or provider id belongs to another organisation
   */
  update(clientId: string, change: ClientChange): Promise<ClientRecord>;
  /**
   * Gives a client a new secret; the old one ends at once.
   *
   * @throws ChargeGraphError NOT_FOUND
   */
  rotateSecret(clientId: string): Promise<IssuedCredentials>;
  /**
   * Shuts a client out; one that is out already stays so.
   *
   * @throws ChargeGraphError NOT_FOUND
   */
  disable(clientId: string): Promise<ClientRecord>;
  /**
   * Lets a client in again, with the secret and the rights it has.
   *
   * @throws ChargeGraphError NOT_FOUND
   */
  enable(clientId: string): Promise<ClientRecord>;
}

/** The partners' clients, kept in the PostgreSQL schema `identity`. */
export interface Clients extends ClientReads {
  /** The clients for whoever manages them: what is done is recorded as theirs. */
  as(act: Act): ClientWrites;
}
