import { isIP } from 'node:net';
import { z } from 'zod';
import { defaultLimits, type GatewayDeps, type GatewayLimits } from '@chargegraph/gateway';
import { ConfigurationError } from '@chargegraph/service';
import { redisShape } from './redis-settings.ts';

const bound = (otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number; 0 for no limit')
    .transform(Number)
    .default(otherwise);

const isNetwork = (text: string): boolean => {
  const [address = '', length, ...more] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const given = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  return bits > 0 && more.length === 0 && given <= bits;
};

/** Which setting gives which limit. */
export const limitNames = {
  CHARGEGRAPH_MAX_TOKENS: 'maxTokens',
  CHARGEGRAPH_MAX_DEPTH: 'maxDepth',
  CHARGEGRAPH_MAX_ALIASES: 'maxAliases',
  CHARGEGRAPH_MAX_DIRECTIVES: 'maxDirectives',
  CHARGEGRAPH_MAX_FIELDS: 'maxFields',
  CHARGEGRAPH_MAX_MUTATIONS: 'maxMutations',
  CHARGEGRAPH_MAX_COST: 'maxCost',
  CHARGEGRAPH_COST_PER_MINUTE: 'costPerMinute',
  CHARGEGRAPH_LOOK_UPS_PER_MINUTE: 'lookUpsPerMinute',
  CHARGEGRAPH_TOKENS_PER_MINUTE: 'tokensPerMinute',
  CHARGEGRAPH_WRONG_SECRETS_PER_MINUTE: 'wrongSecretsPerMinute',
  CHARGEGRAPH_WRONG_SECRETS_PER_ADDRESS: 'wrongSecretsPerAddress',
  CHARGEGRAPH_CRLS_PER_ADDRESS: 'crlsPerAddress',
  CHARGEGRAPH_MAX_SOCKETS: 'maxSockets',
  CHARGEGRAPH_MAX_SUBSCRIPTIONS: 'maxSubscriptions',
} as const satisfies Record<string, keyof GatewayLimits>;

type LimitName = keyof typeof limitNames;

const bounds = Object.fromEntries(
  Object.entries(limitNames).map(([name, limit]) => [name, bound(defaultLimits[limit])]),
) as Record<LimitName, ReturnType<typeof bound>>;

/**
 * Settings of what partners may not exceed (docs/LIMITS.md): of `chargegraph gateway` and of `chargegraph start`. Not in
 * settings.ts, since they bring the gateway with them, which no other process needs.
 */
export const limitShape = {
  ...bounds,
  CHARGEGRAPH_MAX_FIELDS: bounds.CHARGEGRAPH_MAX_FIELDS.refine(
    (fields) => fields > 0,
    'must be 1 or more: this limit cannot be turned off',
  ),
  ...redisShape,
  /** Reverse proxies before the gateway, whose X-Forwarded-For is believed. */
  CHARGEGRAPH_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .refine((networks) => networks.every(isNetwork), 'must be addresses or networks (CIDR) joined by commas')
    .default([]),
  /** Registered documents: a JSON file `{id: document}` or a folder of them. */
  CHARGEGRAPH_PERSISTED_DOCUMENTS: z.string().min(1, 'must be a file or folder').optional(),
  /** Whether partners may run nothing else. */
  CHARGEGRAPH_PERSISTED_DOCUMENTS_ONLY: z.enum(['true', 'false'], 'must be true or false').default('false'),
};

/** The same as a schema of its own. */
export const limitSettings = z.object(limitShape);

/** What a gateway is given of them. */
export type LimitDeps = Pick<
  GatewayDeps,
  'limits' | 'redisUrl' | 'redisPrefix' | 'trustedProxies' | 'persistedDocuments'
>;

/**
 * Reads it off the settings.
 *
 * @throws ConfigurationError when two of them do not fit together
 */
export function limitsOf(settings: z.output<typeof limitSettings>): LimitDeps {
  const only = settings.CHARGEGRAPH_PERSISTED_DOCUMENTS_ONLY === 'true';
  const path = settings.CHARGEGRAPH_PERSISTED_DOCUMENTS;
  if (only && path === undefined) {
    throw new ConfigurationError(
      'CHARGEGRAPH_PERSISTED_DOCUMENTS is not set: CHARGEGRAPH_PERSISTED_DOCUMENTS_ONLY needs it.',
    );
  }
  const { CHARGEGRAPH_MAX_COST: most, CHARGEGRAPH_COST_PER_MINUTE: perMinute } = settings;
  if (perMinute > 0 && perMinute < most) {
    throw new ConfigurationError(
      `CHARGEGRAPH_COST_PER_MINUTE is wrong: it must not be below CHARGEGRAPH_MAX_COST, which is ${most}, or operations ` +
        'that are allowed could never run.',
    );
  }
  const limits = Object.entries(limitNames).map(([name, limit]) => [limit, settings[name as LimitName]]);
  return {
    limits: Object.fromEntries(limits) as Partial<GatewayLimits>,
    redisUrl: settings.CHARGEGRAPH_REDIS_URL,
    redisPrefix: settings.CHARGEGRAPH_REDIS_PREFIX,
    trustedProxies: settings.CHARGEGRAPH_TRUSTED_PROXIES,
    persistedDocuments: path === undefined ? undefined : { path, only },
  };
}
