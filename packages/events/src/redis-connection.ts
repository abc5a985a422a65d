import { Redis } from 'ioredis';

/** How a connection to Redis is kept. */
export interface RedisConnectionOptions {
  /** `redis://` or, for TLS, `rediss://`, with user name and password in it if there are any: a secret. */
  readonly url: string;
  /** What `CLIENT LIST` shows it as; without white space. */
  readonly name: string;
  /** Milliseconds between signs of life. */
  readonly pingInterval: number;
  /** Milliseconds for which an answer is waited for before the connection is given up. */
  readonly patience: number;
  /** Called when it is lost or cannot be made, with a reason that tells no secret, for each time it is tried. */
  readonly onAway: (reason: string) => void;
}

/** A connection that is made again for ever. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Whether commands can be sent now. */
  isReady(): boolean;
  /** Cuts it off; it comes again by itself. */
  cut(why: string): void;
  close(): void;
}

/** Longest pause between two tries to connect, in milliseconds. */
const longestPause = 2_000;

/**
 * Keeps a connection to Redis. Nothing is queued while it is away: commands fail at once. A connection that was cut
 * without a word is found out by PINGs that nobody answers, and dropped, at most `pingInterval + patience` after it.
 */
export function keepConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, name, pingInterval, patience, onAway } = options;
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: patience,
    socketTimeout: patience,
    keepAlive: 10_000,
    retryStrategy: (tries) =>
      Math.min(50 * 2 ** Math.min(tries, 10), longestPause) * (0.5 + Math.random() / 2),
  });
  const isReady = () => redis.status === 'ready';
  // A refused command's error holds the command, and AUTH holds the password: no more than the sentence goes on.
  let lastError = 'the connection was lost';
  redis.on('error', (error: Error) => {
    lastError = error.message;
  });
  redis.on('close', () => {
    onAway(lastError);
    lastError = 'the connection was lost';
  });
  const pinging = setInterval(() => {
    if (isReady()) redis.ping().catch(() => undefined);
  }, pingInterval).unref();
  return {
    redis,
    isReady,
    cut: (why) => {
      lastError = why;
      redis.disconnect(true);
    },
    close: () => {
      clearInterval(pinging);
      redis.disconnect();
    },
  };
}
