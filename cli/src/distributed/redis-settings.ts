import { z } from 'zod';
import { createInProcessBus, createRedisBus, type EventBus } from '@chargegraph/events';
import type { HealthCheck, Logger } from '@chargegraph/service';

/** Settings of Redis, of every server process. */
export const redisShape = {
  /** Carries events between processes, and all gateways count rates in it; without it each process is by itself. */
  CHARGEGRAPH_REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })
    .optional(),
  /** Keeps several installations in one Redis apart. */
  CHARGEGRAPH_REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'must be letters, digits and any of _ . : -')
    .default('chargegraph'),
};

/** The same as a schema of its own. */
export const redisSettings = z.object(redisShape);

/** A bus and what there is to say of its health. */
export interface OpenedBus {
  readonly bus: EventBus;
  /** None within a process; optional ones, since nothing is lost while Redis is away. */
  readonly checks: readonly HealthCheck[];
}

/** The bus that the settings ask for: over Redis, or within this process. */
export function openBus(
  redis: { readonly redisUrl?: string | undefined; readonly redisPrefix?: string | undefined },
  logger: Logger,
): OpenedBus {
  if (redis.redisUrl === undefined) return { bus: createInProcessBus(), checks: [] };
  const bus = createRedisBus({ url: redis.redisUrl, prefix: redis.redisPrefix, logger });
  return { bus, checks: [{ name: 'redis', check: () => bus.health(), optional: true }] };
}
