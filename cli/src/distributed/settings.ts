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

/** What `chargegraph subgraph cps` needs beside. */
export const keyStoreSettings = z.object({
  /** Folder of the encrypted signer keys. */
  CHARGEGRAPH_KEYS: z.string('must be a folder').min(1),
  /** Their passphrase. */
  CHARGEGRAPH_KEY_PASSPHRASE: z.string('must be at least 20 characters').min(20),
});

/** Settings of `chargegraph migrate` and `chargegraph client`. */
export const databaseSettings = serverSettings.pick({
  CHARGEGRAPH_DATABASE_URL: true,
  CHARGEGRAPH_LOG_LEVEL: true,
});
