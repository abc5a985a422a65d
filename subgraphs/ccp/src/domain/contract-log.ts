import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { ContractEventFacts, ContractEventType } from './contract-event.ts';
import { maySeeEvent } from './rights.ts';

/** An event as the log holds it. */
export interface ContractEvent {
  /** The same at every delivery. */
  readonly id: string;
  /** Its place in the log, in the form that partners are given. */
  readonly cursor: string;
  readonly type: ContractEventType;
  readonly time: Date;
  readonly facts: ContractEventFacts;
}

/** A stretch of the log, in order. */
export interface ContractEventStretch {
  readonly events: readonly ContractEvent[];
  /** Cursor of the log's end when this was read. */
  readonly head: string;
}

/** The pool's log, read. */
export interface ContractLog {
  /**
   * The events after a cursor, from the oldest that is kept without one.
   *
   * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED
   */
  read(after: string | undefined, first: number): Promise<ContractEventStretch>;
  /**
   * The event at a cursor; undefined when there is none any more.
   *
   * @throws ChargeGraphError CURSOR_INVALID for what is no cursor of this log
   */
  at(cursor: string): Promise<ContractEvent | undefined>;
}

/** Most events that one read of the log returns. */
export const longestStretch = 1_000;

/**
 * Reads a stretch of the log for those who may see all of it.
 *
 * @throws ChargeGraphError BAD_INPUT, CURSOR_INVALID or CURSOR_EXPIRED
 */
export async function readContractLog(
  log: ContractLog,
  { after, first }: { readonly after?: string | undefined; readonly first: number },
): Promise<ContractEventStretch> {
  if (first < 1 || first > longestStretch) {
    throw new ChargeGraphError('BAD_INPUT', `\`first\` must be from 1 to ${String(longestStretch)}.`, {
      path: ['first'],
    });
  }
  return log.read(after, first);
}

/** The event at a cursor if there is one that the caller may see. */
export async function findContractEvent(
  log: ContractLog,
  caller: Caller,
  cursor: string,
): Promise<ContractEvent | undefined> {
  const event = await log.at(cursor);
  return event !== undefined && maySeeEvent(caller, event.type, event.facts) ? event : undefined;
}
