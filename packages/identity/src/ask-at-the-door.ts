import { ChargeGraphError } from '@chargegraph/service';

/**
 * Waits for what the door asks its database. When that does not answer, nobody can tell who calls, which is no fault of
 * the caller and may be over soon.
 *
 * @throws ChargeGraphError UNAVAILABLE
 */
export async function askAtTheDoor<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (cause) {
    throw new ChargeGraphError('UNAVAILABLE', 'It cannot be checked at the moment who calls; try again.', {
      cause,
    });
  }
}
