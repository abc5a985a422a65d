import {
  checkCursor,
  type ConsumerNotice,
  type JsonObject,
  type LoggedEvent,
  type LogHead,
  type LogPosition,
} from '@chargegraph/events';
import type { PageRequest } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { Doing } from './contract-store.ts';

/** What names a consumer. */
export interface ConsumerKey {
  readonly clientId: string;
  readonly name: string;
}

/** A named consumer as it is stored. */
export interface StoredConsumer extends ConsumerKey {
  readonly organisation: string;
  /** Up to where it has acknowledged. */
  readonly place: LogPosition;
  /** Grows with each lease. */
  readonly fencing: number;
  /** Until when a subscription has it unless it renews; undefined when none has. */
  readonly leaseUntil: Date | undefined;
  readonly createdAt: Date;
  readonly lastContactAt: Date;
}

/** The same with how far it is behind. */
export interface EventConsumer extends StoredConsumer {
  /** Events behind its place; undefined when its log was replaced. */
  readonly lag: number | undefined;
  readonly oldestUnacknowledgedAt: Date | undefined;
}

/** Which consumers are listed. */
export interface ConsumerQuery {
  readonly clientId: string | undefined;
  readonly name: string | undefined;
  readonly connected: boolean | undefined;
  /** What `connected` means. */
  readonly now: Date;
}

/** A client that is in touch with us, as a consumer keeps it. */
export interface Contact {
  readonly organisation: string;
  readonly wmis: readonly string[];
  readonly at: Date;
}

/** A subscription's hold on a consumer. */
export interface LeaseKey extends ConsumerKey {
  /** The subscription: a UUID. */
  readonly holder: string;
  readonly fencing: number;
}

/** What became of a lease. */
export type LeaseState = 'HELD' | ConsumerNotice['why'];

/** What is said of the way of an event. */
export interface Delivery extends ConsumerKey {
  readonly at: Date;
}

/** One unit of work on consumers and on what follows from them. */
export interface ConsumerTransaction {
  /** Where the log ends, and how far back it is kept. */
  head(): Promise<LogHead>;
  event(position: number): Promise<LoggedEvent | undefined>;
  /** Keeps others from making consumers of the client until the unit ends. */
  lockClient(clientId: string): Promise<void>;
  /** Reads a consumer and keeps it from being changed by others until the unit ends. */
  lock(key: ConsumerKey): Promise<StoredConsumer | undefined>;
  count(clientId: string): Promise<number>;
  insert(key: ConsumerKey, place: LogPosition, contact: Contact): Promise<void>;
  /** Hands a consumer to a subscription; resolves with the fencing number. */
  lease(key: ConsumerKey, holder: string, until: Date, contact: Contact): Promise<number>;
  /** Puts a consumer's place anywhere and takes it from whoever has it; resolves with the new fencing number. */
  setBack(key: ConsumerKey, place: LogPosition): Promise<number>;
  /** Removes a consumer; resolves with a fencing number above all that it had. */
  remove(key: ConsumerKey): Promise<number>;
  /** Moves a consumer's place within its log and notes the contact. */
  move(key: ConsumerKey, position: number, contact: Contact): Promise<void>;
  /** Tells of the `OEM_` events of these WMIs in a stretch of the log that they were received, of each once. */
  tellSent(stretch: Stretch, wmis: readonly string[], by: Delivery): Promise<void>;
  /** Tells that an event was refused, unless that was told already. */
  tellRejected(event: LoggedEvent, reason: string, by: Delivery): Promise<void>;
  isRejected(eventId: string): Promise<boolean>;
  /** Records an event of the log's own. */
  append(event: { readonly type: string; readonly at: Date; readonly facts: JsonObject }): Promise<string>;
  /** Tells holders of older leases, once the unit is done. */
  notice(notice: ConsumerNotice): void;
  /** Has the audit record that something was done to a consumer. */
  record(by: Doing, key: ConsumerKey, at: Date): Promise<void>;
}

/** A stretch of the log: behind `after`, up to and with `to`. */
export interface Stretch {
  readonly after: number;
  readonly to: number;
}

/** The named consumers of the pool's log. */
export interface ConsumerStore {
  find(key: ConsumerKey): Promise<EventConsumer | undefined>;
  /** One row more than the page's limit, when there is one; by client and name. */
  page(query: ConsumerQuery, page: PageRequest): Promise<EventConsumer[]>;
  count(query: ConsumerQuery): Promise<number>;
  /**
   * Renews leases that still hold.
   *
   * @returns what became of each, in their order
   */
  renew(leases: readonly LeaseKey[], until: Date, now: Date): Promise<LeaseState[]>;
  /** Gives a lease back; false when it was lost already. */
  release(lease: LeaseKey, now: Date): Promise<boolean>;
  /** Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict. */
  transaction<T>(work: (tx: ConsumerTransaction) => Promise<T>): Promise<T>;
}

/** Most consumers that a client may have. */
export const mostConsumers = 100;

const nameShape = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether a text can be a consumer's name. */
export const isConsumerName = (text: string): boolean => nameShape.test(text);

/** @throws ChargeGraphError BAD_INPUT naming `consumer` */
export function requireConsumerName(name: string): void {
  if (isConsumerName(name)) return;
  throw new ChargeGraphError(
    'BAD_INPUT',
    'A consumer’s name has 1 to 64 letters, digits, points, underscores and hyphens.',
    { path: ['consumer'] },
  );
}

/** For a consumer that is not there, or that is another client's. */
export const noSuchConsumer = (field = 'consumer') =>
  new ChargeGraphError('NOT_FOUND', 'There is no such consumer.', { path: [field] });

/** The world manufacturer identifiers for which a client's consumers listen. */
export const wmisOf = (caller: Caller): readonly string[] =>
  caller.roles.has('OEM') ? [...caller.wmis].sort() : [];

/** The pool, as in cursors. */
const pool = 'ccp';

/**
 * Checks that a cursor is one of this log and not beyond its end.
 *
 * @throws ChargeGraphError CURSOR_INVALID
 */
export function requireOfLog(cursor: LogPosition & { readonly pool: string }, head: LogHead): void {
  checkCursor(cursor, { pool, logId: head.logId, head: head.position, oldest: 0 });
}

/**
 * Checks that the events behind a cursor can be told without leaving any out.
 *
 * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED
 */
export function requireContinuable(cursor: LogPosition & { readonly pool: string }, head: LogHead): void {
  checkCursor(cursor, { pool, logId: head.logId, head: head.position, oldest: head.oldest });
}

const resynchronise =
  'delete it with deleteEventConsumer, begin anew, and then read the present state with a query';

/**
 * Checks that a consumer's own place is in this log.
 *
 * @throws ChargeGraphError CURSOR_INVALID, saying how to go on
 */
export function requireConsumerOfLog({ name, place }: StoredConsumer, head: LogHead): void {
  if (place.logId === head.logId && place.position <= head.position) return;
  throw new ChargeGraphError(
    'CURSOR_INVALID',
    `The event log in which the consumer ${name} has its place was replaced, as after a restore: ${resynchronise}.`,
  );
}

/**
 * Checks that a consumer can go on from its place without leaving anything out.
 *
 * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED, saying how to go on
 */
export function requireContinuableConsumer(consumer: StoredConsumer, head: LogHead): void {
  requireConsumerOfLog(consumer, head);
  if (consumer.place.position + 1 >= head.oldest) return;
  throw new ChargeGraphError(
    'CURSOR_EXPIRED',
    `Events that follow what the consumer ${consumer.name} acknowledged are no longer kept: ${resynchronise}.`,
  );
}
