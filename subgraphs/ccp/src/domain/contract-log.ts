import type { EventStretch, PoolEvent, PoolLog } from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';
import type { ContractEventFacts, ContractEventType, TestEventFacts } from './contract-event.ts';
import { maySeeEvent } from './rights.ts';

/** An event as the log holds it. */
export type ContractEvent =
  | PoolEvent<
      ContractEventType,
      ContractEventFacts & { readonly clientId?: never; readonly consumer?: never }
    >
  | PoolEvent<'TEST', TestEventFacts>;

/** A stretch of the log, in order. */
export type ContractEventStretch = EventStretch<ContractEvent>;

/** The pool's log, read. */
export type ContractLog = PoolLog<ContractEvent>;

/** The event at a cursor if there is one that the caller may see. */
export async function findContractEvent(
  log: ContractLog,
  caller: Caller,
  cursor: string,
): Promise<ContractEvent | undefined> {
  const event = await log.at(cursor);
  return event !== undefined && maySeeEvent(caller, event.type, event.facts) ? event : undefined;
}
