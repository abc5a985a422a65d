import { nightly, readSchedule } from '@chargegraph/cleansing';
import type { NetworkSettings } from '@chargegraph/pki';
import { revocationPolicies, type RevocationPolicy } from '@chargegraph/revocation';
import { z } from 'zod';
import { ConfigurationError, parseConfig } from '@chargegraph/service';
import { redisShape } from './redis-settings.ts';

const port = z.coerce.number('must be a port').int().min(0).max(65_535);

/** Base64 of at least 32 octets. */
const key = z
  .base64('must be base64')
  .refine((text) => Buffer.from(text, 'base64').length >= 32, 'must be at least 32 octets in base64')
  .transform((text): Uint8Array => Buffer.from(text, 'base64'));

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

/** Settings that every server process has. */
export const serverSettings = z.object({
  /** PostgreSQL. */
  CHARGEGRAPH_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
  /** Signs the tokens between our own processes; the same in all of them. */
  CHARGEGRAPH_INTERNAL_SECRET: key,
  CHARGEGRAPH_HOST: z.string().min(1).default('127.0.0.1'),
  /** Port of /live and /ready; none without it. */
  CHARGEGRAPH_HEALTH_PORT: port.optional(),
  CHARGEGRAPH_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info'),
});

/**
 * Refuses a health port on which the server itself listens.
 *
 * @param names what the two are called where they are set
 * @throws ConfigurationError naming both
 */
export function requireOwnHealthPort(
  serverPort: number,
  healthPort: number | undefined,
  names = { port: 'CHARGEGRAPH_PORT', healthPort: 'CHARGEGRAPH_HEALTH_PORT' },
): void {
  // 0 is any free port.
  if (healthPort === undefined || healthPort === 0 || healthPort !== serverPort) return;
  throw new ConfigurationError(`${names.healthPort} is wrong: ${names.port} is the same port.`);
}

const pagesShape = {
  /** Whether there are pages for people in a browser. */
  CHARGEGRAPH_PAGES: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .transform((text) => text === 'on'),
};

/** What a gateway, and `chargegraph start`, takes about the pages for people. */
export const pageSettings = z.object(pagesShape);

/** What `start` takes from the environment too. */
export const claimSettings = z.object({
  /** What stands before the names of OPCP's claims in tokens, `https://{host}`. */
  CHARGEGRAPH_CLAIM_PREFIX: httpUrl.optional(),
});

/** Settings of `chargegraph gateway`, beside those of the limits (limit-settings.ts). */
export const gatewaySettings = serverSettings.extend({
  ...pagesShape,
  CHARGEGRAPH_PORT: port.default(4000),
  /** Encrypts the token signing keys at rest. */
  CHARGEGRAPH_MASTER_KEY: key.refine((octets) => octets.length === 32, 'must be 32 octets in base64'),
  /** This installation's public address, the issuer of its tokens. */
  CHARGEGRAPH_ISSUER: httpUrl,
  ...claimSettings.shape,
  CHARGEGRAPH_RCP_URL: httpUrl,
  CHARGEGRAPH_PCP_URL: httpUrl,
  CHARGEGRAPH_CCP_URL: httpUrl,
  CHARGEGRAPH_CPS_URL: httpUrl,
  /** Milliseconds between looks at the event log; with Redis fewer are needed. */
  CHARGEGRAPH_POLL_INTERVAL: z.coerce.number().int().min(10).max(60_000).optional(),
  /** Seconds after which a subscriber that wants markers and was told nothing is told one. */
  CHARGEGRAPH_HEARTBEAT_SECONDS: z.coerce.number().min(0.1).max(3_600).default(30),
  /** Seconds between pings over a websocket; a client that has not answered one when the next is due is cut off. */
  CHARGEGRAPH_PING_SECONDS: z.coerce.number().min(0.1).max(3_600).default(12),
  /** Seconds over which closing the websockets is spread at most when the gateway stops. */
  CHARGEGRAPH_DRAIN_SECONDS: z.coerce.number().min(0).max(600).default(10),
});

/** Milliseconds between looks at the event log unless set: the only way to hear of events, or the second one. */
export const defaultPollInterval = { withoutRedis: 250, withRedis: 1_000 } as const;

/** Settings of `chargegraph subgraph <pool>`. */
export const subgraphSettings = serverSettings.extend({
  ...redisShape,
  CHARGEGRAPH_PORT: port,
  /** Where a gateway is, through which the pool asks for other pools' data. */
  CHARGEGRAPH_GATEWAY_URL: httpUrl,
});

/** `true` or `false`. */
const onOrOff = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

const strictness = z.enum(['lenient', 'strict'], 'must be lenient or strict').default('lenient');

/** What every pool, and `chargegraph start`, takes beside. */
export const strictnessSettings = z.object({
  /** Whether certificates that depart from the profile in what is usual in the field are refused. */
  CHARGEGRAPH_PROFILE: strictness,
  /** Whether EMAIDs with a wrong check digit are refused where contracts are signed and published. */
  CHARGEGRAPH_EMAID_CHECK_DIGIT: strictness,
});

/** The same as the pools take it. */
export const strictnessOf = (settings: z.infer<typeof strictnessSettings>) => ({
  profile: settings.CHARGEGRAPH_PROFILE,
  emaidCheckDigit: settings.CHARGEGRAPH_EMAID_CHECK_DIGIT,
});

/** What every pool, and `chargegraph start`, takes about cleansing. */
export const cleansingSettings = z.object({
  /** When the pools are cleansed: five fields of cron in UTC, or `off`. */
  CHARGEGRAPH_CLEANSE_AT: z
    .string()
    .default(nightly)
    .transform((text, context) => {
      try {
        return readSchedule(text);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    }),
});

const revocationPolicy = z.enum(revocationPolicies, 'must be off, soft or hard');

/** What every pool, and `chargegraph start`, takes about revocation. */
export const revocationSettings = z.object({
  /** Whether certificates are refused of which no source says that they are good; `off` asks nobody. */
  CHARGEGRAPH_REVOCATION: revocationPolicy.default('soft'),
  /** The same for one pool. */
  CHARGEGRAPH_REVOCATION_RCP: revocationPolicy.optional(),
  CHARGEGRAPH_REVOCATION_PCP: revocationPolicy.optional(),
  CHARGEGRAPH_REVOCATION_CCP: revocationPolicy.optional(),
  CHARGEGRAPH_REVOCATION_CPS: revocationPolicy.optional(),
  /** Whether responders and CRLs at addresses that are not the public internet's are asked, at any port. */
  CHARGEGRAPH_REVOCATION_PRIVATE_ADDRESSES: z
    .enum(['refuse', 'allow'], 'must be refuse or allow')
    .default('refuse'),
  /** Whether their redirects are followed. */
  CHARGEGRAPH_REVOCATION_REDIRECTS: z
    .enum(['refuse', 'follow'], 'must be refuse or follow')
    .default('refuse'),
  /** Seconds for one request. */
  CHARGEGRAPH_REVOCATION_TIMEOUT: z.coerce
    .number('must be a number of seconds')
    .min(0.1, 'must be at least 0.1 seconds')
    .max(60, 'must be at most 60 seconds')
    .default(5),
});

/** {@link revocationSettings}, parsed. */
export type RevocationSettings = z.infer<typeof revocationSettings>;

/** A pool's policy, and what its checker may do on the network. */
export const revocationOf = (
  settings: RevocationSettings,
  pool: 'rcp' | 'pcp' | 'ccp' | 'cps',
): { readonly policy: RevocationPolicy; readonly network: NetworkSettings } => {
  const own = {
    rcp: settings.CHARGEGRAPH_REVOCATION_RCP,
    pcp: settings.CHARGEGRAPH_REVOCATION_PCP,
    ccp: settings.CHARGEGRAPH_REVOCATION_CCP,
    cps: settings.CHARGEGRAPH_REVOCATION_CPS,
  };
  return {
    policy: own[pool] ?? settings.CHARGEGRAPH_REVOCATION,
    network: {
      privateAddresses: settings.CHARGEGRAPH_REVOCATION_PRIVATE_ADDRESSES,
      redirects: settings.CHARGEGRAPH_REVOCATION_REDIRECTS,
      timeout: settings.CHARGEGRAPH_REVOCATION_TIMEOUT * 1_000,
    },
  };
};

/** What `chargegraph subgraph ccp` and `chargegraph start` take beside. */
export const contractPoolSettings = z.object({
  /** Whether charge point operators may look up contracts by their EMAIDs. */
  CHARGEGRAPH_CPO_CONTRACT_LOOKUP: onOrOff.default(false),
});

/** What `chargegraph subgraph cps` needs beside. */
export const keyStoreSettings = z.object({
  /** Folder of the encrypted signer keys. */
  CHARGEGRAPH_KEYS: z.string('must be a folder').min(1),
  /** Their passphrase. */
  CHARGEGRAPH_KEY_PASSPHRASE: z.string('must be at least 20 characters').min(20),
});

/** What `chargegraph subgraph cps` and `chargegraph subgraph ccp` may be told beside. */
export const signingSettings = z.object({
  /**
   * Days before the end of a signer's chain at which its contracts are signed anew, and their operators told of what
   * was signed elsewhere.
   */
  CHARGEGRAPH_RESIGN_DAYS: z.coerce.number('must be a number of days').min(0).max(365).default(14),
});

/** What `chargegraph subgraph cps` and `chargegraph start` may be told beside. */
export const digestSettings = z.object({
  /** Time of day, in UTC, at which the operator is told what has ended and ends soon. */
  CHARGEGRAPH_DIGEST_AT: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day in UTC, e.g. 06:00')
    .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))
    .optional(),
});

/** What `chargegraph subgraph cps` may be told beside. */
export const revocationListSettings = z.object({
  /** Hours for which a revocation list of a contract CA is valid; a new one is issued when half of them are over. */
  CHARGEGRAPH_CRL_HOURS: z.coerce.number('must be a number of hours').min(1).max(720).default(24),
});

/** What every pool, and `chargegraph start`, takes of its events. */
export const retentionSettings = z.object({
  /** For how many days events are kept; 0 for ever. */
  CHARGEGRAPH_EVENT_RETENTION_DAYS: z.coerce
    .number('must be a whole number of days; 0 for ever')
    .int('must be a whole number of days; 0 for ever')
    .min(0)
    .max(36_525)
    .default(30),
});

/** The same as a pool takes it. */
export const retentionOf = (environment: NodeJS.ProcessEnv) => ({
  retentionDays: parseConfig(retentionSettings, environment).CHARGEGRAPH_EVENT_RETENTION_DAYS,
});

/** Settings of `chargegraph migrate` and of the commands that work on the database itself. */
export const databaseSettings = serverSettings.pick({
  CHARGEGRAPH_DATABASE_URL: true,
  CHARGEGRAPH_LOG_LEVEL: true,
});
