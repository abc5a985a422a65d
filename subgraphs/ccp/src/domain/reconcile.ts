import type { LogPosition } from '@chargegraph/events';
import { carryOut } from './cascade.ts';
import type { Comparison, Following, KnownCar } from './follow-provisioning.ts';

/**
 * Makes up for a log that cannot be followed: reads where the log ends now, then asks PCP for each car that the pool
 * knows, removes what is of no use to it, and goes on from that end. What happens to a car after it was asked for is
 * told by the log behind that end. Broken off, it goes on with the cars that were not compared yet.
 *
 * @param from the cursor that was refused; undefined when there is none yet
 * @param goesOn false when it is to be broken off
 * @returns true: the log can be followed now, or the comparison goes on
 */
export async function reconcile(
  following: Following,
  from: LogPosition | undefined,
  goesOn: () => boolean,
): Promise<true> {
  const { pcp, store, logger, pageSize = 100 } = following;
  const { head: headNow } = await pcp.events(undefined, 1);
  const begun = continuable(await store.comparison(), from, headNow);
  const head = begun?.head ?? headNow;
  // A log with another id, or a shorter one, comes of a restore: epochs that were given since are given again.
  const wasSetBack = from !== undefined && (from.logId !== head.logId || from.position > head.position);
  let after = begun?.after;
  let cars: readonly KnownCar[];
  do {
    cars = await store.cars(after, pageSize);
    for (const car of cars) {
      if (!goesOn()) return true;
      await compare(following, car, wasSetBack);
    }
    after = cars.at(-1);
    if (after !== undefined) await store.keepComparison({ from, head, after });
  } while (cars.length === pageSize);
  await store.transaction(async (tx) => {
    await tx.moveCursor(from, head);
    await tx.endComparison();
  });
  logger.info({}, 'compared all cars with the provisioning certificate pool');
  return true;
}

/** A comparison goes on while it makes up for the same cursor, and the log can be followed from where it began. */
function continuable(
  comparison: Comparison | undefined,
  from: LogPosition | undefined,
  head: LogPosition,
): Comparison | undefined {
  if (comparison === undefined) return undefined;
  const isSameFrom = comparison.from?.logId === from?.logId && comparison.from?.position === from?.position;
  const isSameLog = comparison.head.logId === head.logId && comparison.head.position <= head.position;
  return isSameFrom && isSameLog ? comparison : undefined;
}

/**
 * Compares one car with PCP. Its epoch was read before PCP was asked, and only data that was stored under that one or
 * an earlier one is removed: what somebody stores meanwhile is not PCP's answer's to judge.
 */
async function compare(following: Following, car: KnownCar, wasSetBack: boolean): Promise<void> {
  const { pcp, store, clock } = following;
  const present = await pcp.epochOf(car);
  const { pcid, namespace } = car;
  const lostUpTo = wasSetBack ? car.epoch : undefined;
  await store.transaction(async (tx) => {
    await tx.lockCar(pcid);
    const now = clock.now();
    const isAsRead = (await tx.epochOf(car)) === car.epoch;
    if (present === undefined) {
      await carryOut(tx, { pcid, namespace, cause: 'DELETED', epoch: car.epoch + 1n }, now);
      if (!isAsRead) return;
      await (wasSetBack ? tx.setEpochBack(car, undefined) : tx.close(car));
    } else {
      await tx.adopt(car, present);
      await carryOut(tx, { pcid, namespace, cause: 'UPDATED', epoch: present, lostUpTo }, now);
      if (wasSetBack && isAsRead) await tx.setEpochBack(car, present);
      else await tx.reachEpoch(pcid, namespace, present);
    }
  });
}
