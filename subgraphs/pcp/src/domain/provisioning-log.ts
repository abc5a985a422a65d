import type { EventStretch, PoolEvent, PoolLog } from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';
import type { ProvisioningEventType, ProvisioningFacts } from './provisioning-certificate.ts';
import { mayHear } from './rights.ts';

/** What the log tells of an event: what was logged before there were epochs has none. */
export type LoggedFacts = Omit<ProvisioningFacts, 'epoch'> & Partial<Pick<ProvisioningFacts, 'epoch'>>;

/** An event as the log holds it. */
export type ProvisioningEvent = PoolEvent<ProvisioningEventType, LoggedFacts>;

/** A stretch of the log, in order. */
export type ProvisioningEventStretch = EventStretch<ProvisioningEvent>;

/** The pool's log, read. */
export type ProvisioningLog = PoolLog<ProvisioningEvent>;

/** The event at a cursor if there is one that the caller may see. */
export async function findProvisioningEvent(
  log: ProvisioningLog,
  caller: Caller,
  cursor: string,
): Promise<ProvisioningEvent | undefined> {
  const event = await log.at(cursor);
  return event !== undefined && mayHear(caller, event.facts.wmi) ? event : undefined;
}
