import { decodeCursor, type Cursor, type LoggedEvent } from '@chargegraph/events';
import { ownsVehicle, type Caller } from '@chargegraph/identity';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Doing } from './contract-store.ts';
import {
  noSuchConsumer,
  requireConsumerOfLog,
  requireOfLog,
  wmisOf,
  type ConsumerKey,
  type ConsumerStore,
  type ConsumerTransaction,
  type EventConsumer,
  type StoredConsumer,
} from './event-consumer.ts';
import { eventOwners, maySeeEvent } from './rights.ts';

/** What acknowledging works with. */
export interface Acknowledging {
  readonly caller: Caller;
  readonly consumers: ConsumerStore;
  readonly clock: Clock;
}

/** Positions that are acknowledged in one unit of work: a long stretch is many short ones, each complete in itself. */
const stretch = 5_000;

/** `OEM_` events of which the mobility operator is told that they were received, or wait. */
export const deliveredTypes = [
  'OEM_CONTRACT_CREATED',
  'OEM_CONTRACT_UPDATED',
  'OEM_CONTRACT_DELETED',
] as const;

/**
 * Moves one of the caller's consumers forward to a cursor, and tells the mobility operators what was received on the way:
 * each stretch of the way and its events together or not at all. An older cursor changes nothing.
 *
 * @throws ChargeGraphError NOT_FOUND, or CURSOR_INVALID
 */
export async function acknowledgeEvents(
  work: Acknowledging,
  input: { readonly consumer: string; readonly cursor: string },
): Promise<EventConsumer> {
  const key = { clientId: work.caller.clientId, name: input.consumer };
  const cursor = decodeCursor(input.cursor);
  await untilDone(work, async (tx) => {
    const consumer = await lockAt(tx, key, cursor);
    return await advance(work, tx, consumer, cursor.position);
  });
  return await present(work, key);
}

/**
 * Refuses one event: what stands before it counts as acknowledged, and the consumer moves behind it. Refusing it again
 * changes nothing.
 *
 * @param by what the audit is told
 * @throws ChargeGraphError NOT_FOUND, BAD_INPUT, CONFLICT for an event that is acknowledged already, or CURSOR_INVALID
 */
export async function rejectEvent(
  work: Acknowledging,
  input: { readonly consumer: string; readonly cursor: string; readonly reason: string },
  by: Doing,
): Promise<EventConsumer> {
  const { caller } = work;
  const key = { clientId: caller.clientId, name: input.consumer };
  const reason = readReason(input.reason);
  const cursor = decodeCursor(input.cursor);
  const { position } = cursor;
  await untilDone(work, async (tx) => {
    const consumer = await lockAt(tx, key, cursor);
    const event = rejectable(caller, await tx.event(position));
    if (position <= consumer.place.position) {
      if (await tx.isRejected(event.id)) return true;
      throw new ChargeGraphError('CONFLICT', 'This event is acknowledged already.', { path: ['cursor'] });
    }
    if (!(await advance(work, tx, consumer, position - 1))) return false;
    const at = work.clock.now();
    await tx.tellRejected(event, reason, { ...key, at });
    await tx.move(key, position, { organisation: caller.organisation, wmis: wmisOf(caller), at });
    await tx.record(by, key, at);
    return true;
  });
  return await present(work, key);
}

async function untilDone(
  { consumers }: Acknowledging,
  unit: (tx: ConsumerTransaction) => Promise<boolean>,
): Promise<void> {
  while (!(await consumers.transaction(unit)));
}

/** The consumer, if the cursor is of its log. */
async function lockAt(tx: ConsumerTransaction, key: ConsumerKey, cursor: Cursor): Promise<StoredConsumer> {
  const consumer = await tx.lock(key);
  if (consumer === undefined) throw noSuchConsumer();
  const head = await tx.head();
  requireOfLog(cursor, head);
  requireConsumerOfLog(consumer, head);
  return consumer;
}

/** Acknowledges the next stretch on the way to a position; whether that is reached. */
async function advance(
  { caller, clock }: Acknowledging,
  tx: ConsumerTransaction,
  { clientId, name, place }: StoredConsumer,
  position: number,
): Promise<boolean> {
  const key = { clientId, name };
  const at = clock.now();
  const wmis = wmisOf(caller);
  const to = Math.min(Math.max(position, place.position), place.position + stretch);
  if (wmis.length > 0 && to > place.position) {
    await tx.tellSent({ after: place.position, to }, wmis, { ...key, at });
  }
  await tx.move(key, to, { organisation: caller.organisation, wmis, at });
  return to >= position;
}

async function present({ consumers }: Acknowledging, key: ConsumerKey): Promise<EventConsumer> {
  const consumer = await consumers.find(key);
  // Deleted by somebody else since.
  if (consumer === undefined) throw noSuchConsumer();
  return consumer;
}

/** One that is there for the caller, and of which somebody can be told that it was refused. */
function rejectable(caller: Caller, event: LoggedEvent | undefined): LoggedEvent {
  const owners = event && eventOwners(event.facts);
  if (event === undefined || owners === undefined || !maySeeEvent(caller, event.type, owners)) {
    throw new ChargeGraphError('NOT_FOUND', 'There is no such event.', { path: ['cursor'] });
  }
  if (!deliveredTypes.some((type) => type === event.type) || !ownsVehicle(caller, owners.wmi ?? '')) {
    throw new ChargeGraphError(
      'BAD_INPUT',
      'Only an event that tells of a contract for one’s own cars can be refused: acknowledge this one.',
      { path: ['cursor'] },
    );
  }
  return event;
}

const longestReason = 500;

function readReason(text: string): string {
  const reason = text.trim();
  // Control characters and line separators, and halves of surrogate pairs, which no database takes.
  if (reason === '' || reason.length > longestReason || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason)) {
    throw new ChargeGraphError(
      'BAD_INPUT',
      `A reason is one line of 1 to ${String(longestReason)} characters.`,
      { path: ['reason'] },
    );
  }
  return reason;
}
