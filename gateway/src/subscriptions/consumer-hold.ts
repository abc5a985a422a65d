import { ChargeGraphError } from '@chargegraph/service';
import { closeCodes, type CloseCode } from './close-codes.ts';
import type { ConsumerLease, LossOfLease } from './consumer-leases.ts';

/** How a subscription with a named consumer ends when it has that no more. */
const closings: Readonly<Record<Exclude<LossOfLease, 'GONE'>, CloseCode>> = {
  TAKEN_OVER: closeCodes.takenOver,
  SET_BACK: closeCodes.setBack,
  RAN_OUT: closeCodes.unavailable,
};

/** What keeps a subscription from telling events of a consumer that it has no more. */
export interface ConsumerHold {
  /**
   * Whether an event may be told now.
   *
   * @throws ChargeGraphError NOT_FOUND when the consumer was deleted
   */
  mayTell(): boolean;
  release(): void;
}

/**
 * Ends a subscription when its consumer is lost: the socket is closed with the code that says why, before the events end, so
 * that its client does not take it for the end of the subscription. One that was deleted ends with an error instead: to
 * connect again would make it anew, and leave out what happened meanwhile.
 */
export function holdConsumer(
  lease: ConsumerLease,
  ends: { readonly close: (code: CloseCode) => void; readonly endEvents: () => void },
): ConsumerHold {
  let deleted = false;
  lease.onLost((why) => {
    if (why === 'GONE') deleted = true;
    else ends.close(closings[why]);
    ends.endEvents();
  });
  return {
    mayTell: () => {
      if (deleted)
        throw new ChargeGraphError('NOT_FOUND', 'This consumer was deleted.', { path: ['consumer'] });
      return lease.isHeld();
    },
    release: () => {
      lease.release();
    },
  };
}
