import { consumerLeaseMs, decodeCursor, type LogHead, type LogPosition } from '@chargegraph/events';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import {
  mostConsumers,
  requireConsumerName,
  requireContinuable,
  requireContinuableConsumer,
  type ConsumerStore,
  type LeaseKey,
  type LeaseState,
} from './event-consumer.ts';

/** What leasing works with. */
export interface Leasing {
  readonly consumers: ConsumerStore;
  readonly clock: Clock;
}

/** Which consumer a subscription asks for. */
export interface LeaseRequest {
  readonly clientId: string;
  readonly organisation: string;
  readonly wmis: readonly string[];
  readonly consumer: string;
  readonly holder: string;
  readonly after?: string | null | undefined;
  readonly fromBeginning: boolean;
}

/** What the subscription is given. */
export interface Lease {
  readonly fencing: number;
  readonly place: LogPosition;
}

/** Most leases that are renewed at once. */
const mostRenewed = 1_000;

/**
 * Hands a consumer to a subscription, whoever had it, and makes it when it is new.
 *
 * @throws ChargeGraphError BAD_INPUT for a wrong name, or a beginning for a consumer that has one; CONFLICT for one too
 *   many; CURSOR_INVALID or CURSOR_EXPIRED when it, or a new one, cannot begin where it should
 */
export async function leaseConsumer({ consumers, clock }: Leasing, request: LeaseRequest): Promise<Lease> {
  const { clientId, organisation, wmis, consumer: name, holder, after, fromBeginning } = request;
  requireConsumerName(name);
  requireHolder(holder);
  if (after != null && fromBeginning) {
    throw refuse('fromBeginning', 'Give `after` or `fromBeginning`, not both.');
  }
  const key = { clientId, name };
  return await consumers.transaction(async (tx) => {
    const now = clock.now();
    const contact = { organisation, wmis, at: now };
    let known = await tx.lock(key);
    if (known === undefined) {
      // Consumers that are there do not wait for one another; only who makes one counts them.
      await tx.lockClient(clientId);
      known = await tx.lock(key);
    }
    const head = await tx.head();
    let place: LogPosition;
    if (known === undefined) {
      if ((await tx.count(clientId)) >= mostConsumers) {
        throw new ChargeGraphError(
          'CONFLICT',
          `You have ${String(mostConsumers)} consumers, which is the most there may be: delete one first.`,
          { path: ['consumer'] },
        );
      }
      place = beginning(head, after ?? undefined, fromBeginning);
      await tx.insert(key, place, contact);
    } else {
      if (after != null || fromBeginning) {
        throw refuse(
          after == null ? 'fromBeginning' : 'after',
          `The consumer ${name} exists and goes on behind what it acknowledged: leave \`after\` and ` +
            '`fromBeginning` away, or delete it with deleteEventConsumer to begin anew.',
        );
      }
      requireContinuableConsumer(known, head);
      place = known.place;
    }
    const until = new Date(now.getTime() + consumerLeaseMs);
    const fencing = await tx.lease(key, holder, until, contact);
    if (known !== undefined) tx.notice({ clientId, consumer: name, fencing, why: 'TAKEN_OVER' });
    return { fencing, place };
  });
}

function beginning(head: LogHead, after: string | undefined, fromBeginning: boolean): LogPosition {
  if (after === undefined) {
    return { logId: head.logId, position: fromBeginning ? head.oldest - 1 : head.position };
  }
  const cursor = decodeCursor(after);
  requireContinuable(cursor, head);
  return { logId: cursor.logId, position: cursor.position };
}

/**
 * Renews leases.
 *
 * @returns what became of each, in their order
 * @throws ChargeGraphError BAD_INPUT for too many or malformed ones
 */
export async function renewConsumers(
  { consumers, clock }: Leasing,
  leases: readonly LeaseKey[],
): Promise<LeaseState[]> {
  if (leases.length > mostRenewed) {
    throw refuse('leases', `At most ${String(mostRenewed)} leases are renewed at once.`);
  }
  for (const { holder } of leases) requireHolder(holder);
  const now = clock.now();
  return await consumers.renew(leases, new Date(now.getTime() + consumerLeaseMs), now);
}

/** Gives a lease back; false when it was lost already. */
export async function releaseConsumer({ consumers, clock }: Leasing, lease: LeaseKey): Promise<boolean> {
  requireHolder(lease.holder);
  return await consumers.release(lease, clock.now());
}

function requireHolder(holder: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(holder)) {
    throw refuse('holder', 'A holder is a UUID in lower case.');
  }
}

/**
 * A fencing number as it travels.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function parseFencing(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw refuse('fencing', 'A fencing number is a decimal number.');
  return Number(text);
}

const refuse = (field: string, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: [field] });
