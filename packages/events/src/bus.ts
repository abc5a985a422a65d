/** Ends a subscription. Further calls do nothing. */
export type Unsubscribe = () => Promise<void>;

/**
 * Fast, at-most-once messages between the parts of one process or between processes. A message may be lost, come
 * twice or out of order: whoever must miss nothing reads the log.
 */
export interface EventBus {
  /** Sends a message to the topic's present subscribers; rejects, soon, when it cannot be sent. */
  publish(topic: string, message: string): Promise<void>;
  /**
   * Calls `listener` with each message until unsubscribed. A bus that cannot be reached rejects, or, when it has
   * `onReconnect`, may take the subscription along until it can.
   */
  subscribe(topic: string, listener: (message: string) => void): Promise<Unsubscribe>;
  /** Calls `listener` whenever the bus is back after a time in which messages may have been lost. */
  onReconnect?(listener: () => void): () => void;
  /** Ends all subscriptions. */
  close(): Promise<void>;
}

/**
 * A bus within this process. Listeners are called in a later turn, in the order of publication; when some throw,
 * the others are called all the same and `publish` rejects.
 */
export function createInProcessBus(): EventBus {
  const topics = new Map<string, Set<(message: string) => void>>();
  return {
    publish: async (topic, message) => {
      await Promise.resolve();
      const faults: unknown[] = [];
      for (const listener of topics.get(topic) ?? []) {
        try {
          listener(message);
        } catch (error) {
          faults.push(error);
        }
      }
      if (faults.length > 0) throw new AggregateError(faults, `Listeners of ${topic} failed.`);
    },
    subscribe: (topic, listener) => {
      const listeners = topics.get(topic) ?? new Set();
      topics.set(topic, listeners);
      // A function of its own for each subscription, so that the same listener may subscribe twice.
      const own = (message: string): void => {
        listener(message);
      };
      listeners.add(own);
      return Promise.resolve(() => {
        listeners.delete(own);
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic);
        return Promise.resolve();
      });
    },
    close: () => {
      topics.clear();
      return Promise.resolve();
    },
  };
}
