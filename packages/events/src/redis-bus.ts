import { ChargeGraphError, type Logger } from '@chargegraph/service';
import type { EventBus } from './bus.ts';
import { keepConnection } from './redis-connection.ts';

/** Where the bus is. */
export interface RedisBusOptions {
  /** `redis://` or `rediss://`, with user name and password in it if there are any: a secret. */
  readonly url: string;
  /**
   * Stands before each topic, so that several installations can share a Redis; `chargegraph` unless given. Channels
   * do not care for the number of a Redis database.
   */
  readonly prefix?: string | undefined;
  readonly logger: Logger;
  /** Milliseconds between signs of life; 2,000 unless given. */
  readonly pingInterval?: number;
  /** Milliseconds for which Redis may keep an answer waiting; 3,000 unless given. */
  readonly patience?: number;
}

/** A bus between processes. */
export interface RedisBus extends EventBus {
  /** Resolves when messages come and go; throws a sentence that says why not. */
  health(): Promise<void>;
}

/** Most messages that are on their way to Redis at once; more are dropped. */
const mostUnsent = 20_000;

/**
 * A bus over Redis, with one connection on which this process hears and one on which it speaks. Both are made again for
 * ever. While Redis is away, messages are dropped (`publish` rejects at once, nothing is kept for later) and
 * subscriptions stand by; `onReconnect` tells when they stand again. Going and coming back are logged once each.
 */
export function createRedisBus(options: RedisBusOptions): RedisBus {
  const { url, prefix = 'chargegraph', pingInterval = 2_000, patience = 3_000 } = options;
  const logger = options.logger.child({ part: 'redis' });
  /** Listeners by channel; a channel stays on record as long as somebody listens. */
  const channels = new Map<string, Set<(message: string) => void>>();
  const reconnections = new Set<() => void>();
  /** Channels that Redis has confirmed on the present connection. */
  let confirmed = new Set<string>();
  let unsent = 0;
  let away: string | undefined = 'not connected yet';
  let saidAway = false;
  let closed = false;

  const onAway = (reason: string): void => {
    if (closed) return;
    away = reason;
    if (!saidAway) logger.warn({ reason }, 'Redis is away: events are found by looking at the log');
    saidAway = true;
  };
  const lookAgain = (): void => {
    if (
      !listening.isReady() ||
      !speaking.isReady() ||
      [...channels.keys()].some((each) => !confirmed.has(each))
    )
      return;
    if (saidAway) logger.info('Redis is back');
    away = undefined;
    saidAway = false;
  };

  const speaking = keepConnection({ url, name: `${prefix}-speaks`, pingInterval, patience, onAway });
  const listening = keepConnection({
    url,
    name: `${prefix}-hears`,
    pingInterval,
    patience,
    onAway: (reason) => {
      confirmed = new Set();
      onAway(reason);
    },
  });
  speaking.redis.on('ready', lookAgain);
  listening.redis.on('ready', () => {
    void resubscribe();
  });
  listening.redis.on('message', (channel, message) => {
    for (const listener of channels.get(channel) ?? []) {
      try {
        listener(message);
      } catch (error) {
        logger.error({ err: error, channel }, 'a listener of the event bus failed');
      }
    }
  });

  /** Asks for channels; a connection that does not grant them is of no use. */
  async function ask(wanted: readonly string[]): Promise<boolean> {
    const mine = confirmed;
    try {
      if (wanted.length > 0) await listening.redis.subscribe(...wanted);
    } catch (error) {
      if (mine === confirmed && listening.isReady()) {
        listening.cut(error instanceof Error ? error.message : 'a subscription was refused');
      }
      return false;
    }
    for (const channel of wanted) mine.add(channel);
    return mine === confirmed;
  }

  /** What was said since the last connection went was missed, so whoever listens is told. */
  async function resubscribe(): Promise<void> {
    if (!(await ask([...channels.keys()]))) return;
    lookAgain();
    for (const listener of [...reconnections]) {
      try {
        listener();
      } catch (error) {
        logger.error({ err: error }, 'a listener of the event bus failed');
      }
    }
  }

  return {
    publish: async (topic, message) => {
      if (!speaking.isReady()) throw new ChargeGraphError('UNAVAILABLE', 'Redis is away.');
      if (unsent >= mostUnsent) throw new ChargeGraphError('UNAVAILABLE', 'Redis does not keep up.');
      unsent += 1;
      try {
        await speaking.redis.publish(`${prefix}:${topic}`, message);
      } catch (error) {
        // As it is, it holds the message.
        throw new ChargeGraphError('UNAVAILABLE', error instanceof Error ? error.message : 'Redis is away.');
      } finally {
        unsent -= 1;
      }
    },

    subscribe: async (topic, listener) => {
      const channel = `${prefix}:${topic}`;
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners);
      // A function of its own for each subscription, so that the same listener may subscribe twice.
      const own = (message: string): void => {
        listener(message);
      };
      listeners.add(own);
      // One that is away takes it along when it comes.
      if (listening.isReady() && !confirmed.has(channel)) {
        if (await ask([channel])) lookAgain();
      }
      return async () => {
        if (!listeners.delete(own) || listeners.size > 0 || channels.get(channel) !== listeners) return;
        channels.delete(channel);
        confirmed.delete(channel);
        if (listening.isReady()) await listening.redis.unsubscribe(channel).catch(() => undefined);
      };
    },

    onReconnect: (listener) => {
      const own = (): void => {
        listener();
      };
      reconnections.add(own);
      return () => {
        reconnections.delete(own);
      };
    },

    close: () => {
      closed = true;
      channels.clear();
      reconnections.clear();
      speaking.close();
      listening.close();
      return Promise.resolve();
    },

    health: () =>
      away === undefined ? Promise.resolve() : Promise.reject(new Error(`Redis is away: ${away}.`)),
  };
}
