import { backoff, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';

/**
 * Subscribes to a topic as soon as the bus can be reached, trying again until it can, so that a bus that is away
 * stops nobody from starting.
 *
 * @param onSubscribed called once the subscription stands, and whenever it stands again after the bus was away:
 *   messages before that were missed
 * @returns ends the subscription, or the tries for it
 */
export function keepSubscribed(
  bus: EventBus,
  topic: string,
  listener: (message: string) => void,
  onSubscribed: () => void,
  logger: Logger,
): () => Promise<void> {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  const attempt = async (): Promise<void> => {
    try {
      const unsubscribe = await bus.subscribe(topic, listener);
      subscription = unsubscribe;
      if (ended) await unsubscribe();
      else onSubscribed();
    } catch (error) {
      if (ended) return;
      if (failures === 0) logger.warn({ err: error, topic }, 'the event bus cannot be reached; trying again');
      timer = setTimeout(
        () => {
          attempting = attempt();
        },
        backoff(failures++, 5_000),
      ).unref();
    }
  };
  let subscription: (() => Promise<void>) | undefined;
  let attempting = attempt();
  const forget = bus.onReconnect?.(onSubscribed);
  return async () => {
    ended = true;
    forget?.();
    clearTimeout(timer);
    await attempting;
    await subscription?.();
  };
}
