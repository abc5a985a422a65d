import { z } from 'zod';

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

/** Settings of `chargegraph gateway`, beside those of the limits (limit-settings.ts). */
export const gatewaySettings = serverSettings.extend({
  CHARGEGRAPH_PORT: port.default(4000),
  /** Encrypts the token signing keys at rest. */
  CHARGEGRAPH_MASTER_KEY: key.refine((octets) => octets.length === 32, 'must be 32 octets in base64'),
  /** This installation's public address, the issuer of its tokens. */
  CHARGEGRAPH_ISSUER: httpUrl,
  CHARGEGRAPH_RCP_URL: httpUrl,
  CHARGEGRAPH_PCP_URL: httpUrl,
  CHARGEGRAPH_CCP_URL: httpUrl,
  CHARGEGRAPH_CPS_URL: httpUrl,
  /** Milliseconds between looks at the event log. */
  CHARGEGRAPH_POLL_INTERVAL: z.coerce.number().int().min(10).max(60_000).default(250),
});

/** Settings of `chargegraph subgraph <pool>`. */
export const subgraphSettings = serverSettings.extend({
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

/** What `chargegraph subgraph cps` may be told beside. */
export const signingSettings = z.object({
  /** Days before the end of a signer's chain at which its contracts are signed anew. */
  CHARGEGRAPH_RESIGN_DAYS: z.coerce.number('must be a number of days').min(0).max(365).default(14),
});

/** Settings of `chargegraph migrate` and `chargegraph client`. */
export const databaseSettings = serverSettings.pick({
  CHARGEGRAPH_DATABASE_URL: true,
  CHARGEGRAPH_LOG_LEVEL: true,
});
