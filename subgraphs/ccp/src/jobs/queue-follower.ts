import type { Database } from '@chargegraph/database';
import { createConsumer, type Consumer, type EventBus } from '@chargegraph/events';
import type { Clock, Logger } from '@chargegraph/service';
import { forgetDeliveries, queueEvents } from '../domain/queue-events.ts';
import { createQueueingStore, queueName } from '../store/queueing.ts';

const hour = 3_600_000;

/**
 * Makes what follows the pool's own log and tells mobility operators of events that wait for a car maker. It also forgets
 * what was told of events that are no longer kept, about once an hour.
 */
export function createQueueFollower(options: {
  readonly database: Database;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
  /** Milliseconds between looks at the log when the bus is silent; 500 unless given. */
  readonly pollInterval: number | undefined;
}): Consumer {
  const { database, bus, clock, logger, onEvent, pollInterval } = options;
  const queueing = { store: createQueueingStore(database, onEvent), clock };
  let forgottenAt = -Infinity;
  return createConsumer({
    name: queueName,
    database,
    follows: 'ccp',
    bus,
    logger,
    pollInterval,
    step: async (goesOn) => {
      const more = await queueEvents(queueing);
      if (!more && performance.now() - forgottenAt >= hour) {
        forgottenAt = performance.now();
        await forgetDeliveries(queueing, goesOn);
      }
      return more;
    },
  });
}
