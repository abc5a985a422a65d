import { Redis } from 'ioredis';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { ChargeGraphError, type Logger } from '@chargegraph/service';

/** A rate limit was exceeded. */
export class RateLimited extends ChargeGraphError {
  /** Whole seconds after which it is worth trying again. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super('LIMIT_EXCEEDED', `${message} Try again in ${retryAfter} s.`);
    this.retryAfter = retryAfter;
  }
}

/** What is left after something was spent. */
export interface Balance {
  readonly remaining: number;
  /** When all of it is there again, in milliseconds since the epoch. */
  readonly resetAt: number;
}

/** So many points per key and minute, the minute beginning with the first point spent. */
export interface Meter {
  /**
   * Takes points from a key's; undefined when this meter is turned off.
   *
   * @throws RateLimited when there are not enough
   */
  spend(key: string, points: number): Promise<Balance | undefined>;
  /** Gives points back that were taken on suspicion. */
  giveBack(key: string, points: number): Promise<void>;
}

/** What meters count with: Redis, shared by all gateways, or this process. */
export interface Meters {
  /** A meter of a name that no other has; `perMinute` 0 turns it off. */
  meter(options: { name: string; perMinute: number; sentence: string }): Meter;
  close(): void;
}

const windowSeconds = 60;

/** Meters in Redis; while it is away, and without it, in this process. */
export function createMeters(options: {
  readonly redisUrl?: string | undefined;
  /** Stands before each name in Redis; `chargegraph` unless given. */
  readonly redisPrefix?: string | undefined;
  /** How long Redis may take to answer, in milliseconds, before this process counts alone; 500 unless given. */
  readonly redisPatienceMs?: number;
  readonly logger: Logger;
}): Meters {
  const { redisUrl, redisPrefix = 'chargegraph', redisPatienceMs = 500 } = options;
  const redis = redisUrl === undefined ? undefined : connectRedis(redisUrl, redisPatienceMs, options.logger);

  return {
    meter({ name, perMinute, sentence }) {
      if (perMinute === 0)
        return { spend: () => Promise.resolve(undefined), giveBack: () => Promise.resolve() };
      const settings = { keyPrefix: `${redisPrefix}:${name}`, points: perMinute, duration: windowSeconds };
      const inProcess = new RateLimiterMemory(settings);
      const limiter: RateLimiterAbstract =
        redis === undefined
          ? inProcess
          : new RateLimiterRedis({
              ...settings,
              storeClient: redis,
              rejectIfRedisNotReady: true,
              insuranceLimiter: inProcess,
            });
      return {
        spend: async (key, points) => {
          try {
            const { remainingPoints, msBeforeNext } = await limiter.consume(key, points);
            return { remaining: remainingPoints, resetAt: Date.now() + msBeforeNext };
          } catch (error) {
            if (!(error instanceof RateLimiterRes)) throw error;
            throw new RateLimited(sentence, Math.max(1, Math.ceil(error.msBeforeNext / 1_000)));
          }
        },
        giveBack: async (key, points) => {
          await limiter.reward(key, points);
        },
      };
    },
    close: () => {
      redis?.disconnect();
    },
  };
}

/** Says once when Redis goes and once when it is back. */
function connectRedis(url: string, patienceMs: number, logger: Logger): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    commandTimeout: patienceMs,
    connectTimeout: 5_000,
    // One that was cut without a word is given up and made anew.
    socketTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (attempts) => Math.min(attempts * 100, 2_000),
  });
  let away = false;
  redis.on('error', (error: Error) => {
    // A refused command's error holds the command, and AUTH holds the password.
    if (!away)
      logger.warn({ reason: error.message }, 'Redis is away: rate limits are counted in this process');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info('Redis is back: rate limits are counted in it again');
    away = false;
  });
  return redis;
}
