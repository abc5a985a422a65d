import { ChargeGraphError } from '@chargegraph/service';
import type { ProvisioningEventType, ProvisioningFacts } from './provisioning-certificate.ts';

/** What the log tells of an event: what was logged before there were epochs has none. */
export type LoggedFacts = Omit<ProvisioningFacts, 'epoch'> & Partial<Pick<ProvisioningFacts, 'epoch'>>;

/** An event as the log holds it. */
export interface ProvisioningEvent {
  /** The same at every delivery. */
  readonly id: string;
  /** Its place in the log, in the form that readers are given. */
  readonly cursor: string;
  readonly type: ProvisioningEventType;
  readonly time: Date;
  readonly facts: LoggedFacts;
}

/** A stretch of the log, in order. */
export interface ProvisioningEventStretch {
  readonly events: readonly ProvisioningEvent[];
  /** Cursor of the log's end when this was read. */
  readonly head: string;
}

/** The pool's log, read. */
export interface ProvisioningLog {
  /**
   * The events after a cursor, from the oldest that is kept without one.
   *
   * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED
   */
  read(after: string | undefined, first: number): Promise<ProvisioningEventStretch>;
}

/** Most events that one read of the log returns. */
export const longestStretch = 1_000;

/**
 * Reads a stretch of the log for those who may see all of it.
 *
 * @throws ChargeGraphError BAD_INPUT, CURSOR_INVALID or CURSOR_EXPIRED
 */
export async function readProvisioningLog(
  log: ProvisioningLog,
  { after, first }: { readonly after?: string | undefined; readonly first: number },
): Promise<ProvisioningEventStretch> {
  if (first < 1 || first > longestStretch) {
    throw new ChargeGraphError('BAD_INPUT', `\`first\` must be from 1 to ${String(longestStretch)}.`, {
      path: ['first'],
    });
  }
  return log.read(after, first);
}
