import type { LogPosition } from '@chargegraph/events';
import { carryOut } from './cascade.ts';
import type { Following, KnownCar } from './follow-provisioning.ts';

/** Cars of one read. */
const pageSize = 100;

/**
 * Makes up for a log that cannot be followed: reads where the log ends now, then asks PCP for each car that the pool
 * knows, removes what is of no use to it, and goes on from that end. What happens to a car after it was asked for is
 * told by the log behind that end.
 *
 * @param from the cursor that was refused; undefined when there is none yet
 * @returns true: the log can be followed now
 */
export async function reconcile(following: Following, from: LogPosition | undefined): Promise<true> {
  const { pcp, store, logger } = following;
  const { head } = await pcp.events(undefined, 1);
  // A log with another id, or a shorter one, comes of a restore: epochs that were given since are given again.
  const wasSetBack = from !== undefined && (from.logId !== head.logId || from.position > head.position);
  let count = 0;
  let after: KnownCar | undefined;
  do {
    const cars = await store.cars(after, pageSize);
    for (const car of cars) await compare(following, car, wasSetBack);
    count += cars.length;
    after = cars.length === pageSize ? cars.at(-1) : undefined;
  } while (after !== undefined);
  await store.transaction((tx) => tx.moveCursor(from, head));
  logger.info({ cars: count }, 'compared all cars with the provisioning certificate pool');
  return true;
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
