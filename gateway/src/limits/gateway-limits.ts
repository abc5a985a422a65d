/**
 * Everything that a partner may not exceed. 0 turns a limit off, but for `maxFields`, which keeps planning finite.
 * docs/LIMITS.md tells partners about each.
 */
export interface GatewayLimits {
  /** Most tokens of a document. */
  readonly maxTokens: number;
  /** Deepest nesting of fields. */
  readonly maxDepth: number;
  /** Most aliases of an operation. */
  readonly maxAliases: number;
  /** Most directives of an operation. */
  readonly maxDirectives: number;
  /** Most fields of an operation, those of a fragment counted wherever it is spread, duplicates too. */
  readonly maxFields: number;
  /** Most root fields of a mutation. */
  readonly maxMutations: number;
  /** Highest cost of an operation. */
  readonly maxCost: number;
  /** Cost that a client may spend in a minute. */
  readonly costPerMinute: number;
  /** Cars of others that a client may look up by PCID in a minute. */
  readonly lookUpsPerMinute: number;
  /** Tokens that a client may fetch in a minute. */
  readonly tokensPerMinute: number;
  /** Wrong secrets in a minute for one client id from one address. */
  readonly wrongSecretsPerMinute: number;
  /** Wrong secrets in a minute from one address. */
  readonly wrongSecretsPerAddress: number;
  /** Revocation lists that an address may fetch in a minute. */
  readonly crlsPerAddress: number;
  /** Most sockets of a client at a time, per gateway process; all that it has come to one when the other is drained. */
  readonly maxSockets: number;
  /** Most operations that are open on a socket at a time, subscriptions above all. */
  readonly maxSubscriptions: number;
}

/** The limits when nothing else is configured: a busy backend (50 requests a second) meets none of them. */
export const defaultLimits: GatewayLimits = {
  maxTokens: 2_000,
  maxDepth: 16,
  maxAliases: 50,
  maxDirectives: 50,
  maxFields: 1_000,
  maxMutations: 10,
  maxCost: 10_000,
  costPerMinute: 600_000,
  lookUpsPerMinute: 3_600,
  tokensPerMinute: 3_600,
  wrongSecretsPerMinute: 100,
  wrongSecretsPerAddress: 1_000,
  crlsPerAddress: 600,
  maxSockets: 5_000,
  maxSubscriptions: 100,
};
