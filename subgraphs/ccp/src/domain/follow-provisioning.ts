import type { LogPosition } from '@chargegraph/events';
import { ChargeGraphError, type Clock, type Logger } from '@chargegraph/service';
import { carryOut, type CarKey, type CascadeTransaction, type Loss } from './cascade.ts';
import { reconcile } from './reconcile.ts';

/** A change of a car's provisioning certificate, as PCP's log tells it. */
export interface VehicleEvent extends CarKey {
  readonly position: LogPosition;
  readonly type: string;
  readonly keyChanged: boolean;
  readonly epoch: bigint;
}

/** PCP as the cascade asks it; never within a transaction. */
export interface ProvisioningPool {
  /**
   * A stretch of its log: the events behind a position, or the first ones that are kept.
   *
   * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED when it cannot be continued from there
   */
  events(
    after: LogPosition | undefined,
    first: number,
  ): Promise<{ readonly events: readonly VehicleEvent[]; readonly head: LogPosition }>;
  /** A car's epoch now; undefined when it has no certificate of that generation. */
  epochOf(car: CarKey): Promise<bigint | undefined>;
}

/** A car and generation with the latest epoch that is known of it. */
export interface KnownCar extends CarKey {
  readonly epoch: bigint;
}

/** The following of PCP's log within one unit. */
export interface FollowingTransaction extends CascadeTransaction {
  /** See `moveConsumerCursor`. */
  moveCursor(from: LogPosition | undefined, to: LogPosition): Promise<boolean>;
  /** Forgets the comparison that was kept. */
  endComparison(): Promise<void>;
  /** The latest epoch that is known of a car; 0 when none is. */
  epochOf(car: CarKey): Promise<bigint>;
  /** Notes that a car is gone: nothing is to be stored under the epoch that is given, nor under an earlier one. */
  close(car: KnownCar): Promise<void>;
  /** Sets a car's epoch back to an earlier one; undefined forgets the car. */
  setEpochBack(car: CarKey, epoch: bigint | undefined): Promise<void>;
  /** Gives data from before there were epochs one. */
  adopt(car: CarKey, epoch: bigint): Promise<void>;
}

/** How far the comparison of all cars has come that makes up for a log that cannot be followed. */
export interface Comparison {
  /** The cursor that was refused; undefined when there was none. */
  readonly from: LogPosition | undefined;
  /** Where the log ended when the comparison began. */
  readonly head: LogPosition;
  /** The last car that was compared. */
  readonly after: CarKey;
}

/** Where the pool keeps how far it has followed. */
export interface FollowingStore {
  cursor(): Promise<LogPosition | undefined>;
  /** The comparison that was begun last, if it has not ended. */
  comparison(): Promise<Comparison | undefined>;
  keepComparison(comparison: Comparison): Promise<void>;
  /** A stretch of the cars that the pool knows an epoch of, which are all that it holds contracts for; in order. */
  cars(after: CarKey | undefined, limit: number): Promise<readonly KnownCar[]>;
  /** Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict. */
  transaction<T>(work: (tx: FollowingTransaction) => Promise<T>): Promise<T>;
}

/** What following takes. */
export interface Following {
  readonly pcp: ProvisioningPool;
  readonly store: FollowingStore;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Events of one read; 200 unless given. */
  readonly stretch?: number;
  /** Cars that are compared until it is noted how far that is; 100 unless given. */
  readonly pageSize?: number;
}

const causes: Readonly<Record<string, Loss['cause']>> = {
  PROVISIONING_CERTIFICATE_UPDATED: 'UPDATED',
  PROVISIONING_CERTIFICATE_DELETED: 'DELETED',
  PROVISIONING_CERTIFICATE_FACTORY_RESET: 'FACTORY_RESET',
};

/** What an event takes from a car; undefined for nothing. */
export function lossOf({ pcid, namespace, type, keyChanged, epoch }: VehicleEvent): Loss | undefined {
  const cause = causes[type];
  if (cause === undefined || (cause === 'UPDATED' && !keyChanged)) return undefined;
  return { pcid, namespace, cause, epoch };
}

/**
 * Carries out the next stretch of PCP's log: each event that takes contract data from a car in a unit of its own, in
 * which the cursor moves behind it. Whatever is interrupted is done again from the cursor; what was done is not done
 * again. A log that cannot be continued from the cursor, or that was never read, is made up for by comparing all cars.
 *
 * @param goesOn false when it is to end early
 * @returns whether more may follow at once
 */
export async function followProvisioning(
  following: Following,
  goesOn: () => boolean = () => true,
): Promise<boolean> {
  const { pcp, store, clock, stretch = 200 } = following;
  const from = await store.cursor();
  if (from === undefined) return reconcile(following, undefined, goesOn);
  let events: readonly VehicleEvent[];
  try {
    ({ events } = await pcp.events(from, stretch));
  } catch (error) {
    if (!isCursorRefusal(error)) throw error;
    following.logger.warn(
      { err: error },
      'the log of provisioning certificates cannot be continued; comparing',
    );
    return reconcile(following, from, goesOn);
  }
  let at = from;
  for (const event of events) {
    const loss = lossOf(event);
    if (loss === undefined) continue;
    if (!goesOn()) return true;
    const mine = await store.transaction(async (tx) => {
      if (!(await tx.moveCursor(at, event.position))) return false;
      await tx.lockCar(loss.pcid);
      await tx.reachEpoch(loss.pcid, loss.namespace, loss.epoch);
      await carryOut(tx, loss, clock.now());
      return true;
    });
    // Somebody else was there: from where they are now.
    if (!mine) return true;
    at = event.position;
  }
  const last = events.at(-1)?.position ?? at;
  if (last.position !== at.position) await store.transaction((tx) => tx.moveCursor(at, last));
  return events.length === stretch;
}

function isCursorRefusal(error: unknown): boolean {
  return (
    error instanceof ChargeGraphError && (error.code === 'CURSOR_INVALID' || error.code === 'CURSOR_EXPIRED')
  );
}
