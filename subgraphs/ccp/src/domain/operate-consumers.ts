import { decodeCursor } from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';
import type { Clock } from '@chargegraph/service';
import type { Doing } from './contract-store.ts';
import {
  noSuchConsumer,
  requireContinuable,
  type ConsumerQuery,
  type ConsumerStore,
  type EventConsumer,
} from './event-consumer.ts';

/** What looking after consumers works with. */
export interface Operating {
  readonly caller: Caller;
  readonly consumers: ConsumerStore;
  readonly clock: Clock;
}

/** `EventConsumerFilter` of the schema. */
export interface ConsumerFilter {
  readonly clientId?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly connected?: boolean | null | undefined;
}

/** What a filter asks for within what the caller may see; undefined for nothing. */
export function consumerQuery(caller: Caller, where: ConsumerFilter, now: Date): ConsumerQuery | undefined {
  const asked = where.clientId ?? undefined;
  const own = caller.roles.has('OPERATOR') ? undefined : caller.clientId;
  if (own !== undefined && asked !== undefined && asked !== own) return undefined;
  return {
    clientId: own ?? asked,
    name: where.name ?? undefined,
    connected: where.connected ?? undefined,
    now,
  };
}

/**
 * Forgets a consumer of the caller's, or of any client's for the operator.
 *
 * @throws ChargeGraphError NOT_FOUND
 */
export async function deleteConsumer(
  { caller, consumers, clock }: Operating,
  input: { readonly name: string; readonly clientId?: string | null | undefined },
  by: Doing,
): Promise<string> {
  const { name, clientId: named } = input;
  const clientId = named ?? caller.clientId;
  if (clientId !== caller.clientId && !caller.roles.has('OPERATOR')) throw noSuchConsumer('name');
  const key = { clientId, name };
  await consumers.transaction(async (tx) => {
    if ((await tx.lock(key)) === undefined) throw noSuchConsumer('name');
    const fencing = await tx.remove(key);
    tx.notice({ clientId, consumer: name, fencing, why: 'GONE' });
    await tx.record(by, key, clock.now());
  });
  return name;
}

/**
 * Sets a consumer back to a cursor, or to the oldest event that is kept, and has whoever is connected connect again. A
 * consumer whose log was replaced is put into the present one by it.
 *
 * @throws ChargeGraphError NOT_FOUND, CURSOR_INVALID or CURSOR_EXPIRED
 */
export async function redeliverEvents(
  { consumers, clock }: Operating,
  input: { readonly clientId: string; readonly consumer: string; readonly after?: string | null | undefined },
  by: Doing,
): Promise<EventConsumer> {
  const { clientId, consumer: name, after } = input;
  const key = { clientId, name };
  const cursor = after == null ? undefined : decodeCursor(after);
  await consumers.transaction(async (tx) => {
    if ((await tx.lock(key)) === undefined) throw noSuchConsumer();
    const head = await tx.head();
    if (cursor !== undefined) requireContinuable(cursor, head);
    const fencing = await tx.setBack(key, {
      logId: head.logId,
      position: cursor?.position ?? head.oldest - 1,
    });
    tx.notice({ clientId, consumer: name, fencing, why: 'SET_BACK' });
    await tx.record(by, key, clock.now());
  });
  const consumer = await consumers.find(key);
  if (consumer === undefined) throw noSuchConsumer();
  return consumer;
}

/**
 * Logs an event for a consumer's client alone.
 *
 * @returns the event's id
 * @throws ChargeGraphError NOT_FOUND
 */
export async function sendTestEvent(
  { consumers, clock }: Operating,
  input: { readonly clientId: string; readonly consumer: string },
  by: Doing,
): Promise<string> {
  const { clientId, consumer: name } = input;
  const key = { clientId, name };
  return await consumers.transaction(async (tx) => {
    if ((await tx.lock(key)) === undefined) throw noSuchConsumer();
    const at = clock.now();
    const id = await tx.append({ type: 'TEST', at, facts: { clientId, consumer: name } });
    await tx.record(by, key, at);
    return id;
  });
}
