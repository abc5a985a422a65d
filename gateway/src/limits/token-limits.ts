import type { GatewayLimits } from './gateway-limits.ts';
import type { Meters } from './meter.ts';

/** The limits at the token endpoint. */
export interface TokenLimits {
  /**
   * Takes a try before the secret is looked at, so that many at once do not slip by; the client with the right one
   * gets it back. Wrong secrets are counted by client id and address together: by the id alone, anybody could lock a
   * client out.
   *
   * @throws RateLimited
   */
  try(clientId: string, address: string): Promise<{ succeeded(): Promise<void> }>;
  /**
   * Counts a token that is about to be issued.
   *
   * @throws RateLimited
   */
  issue(clientId: string): Promise<void>;
}

/** The limits of wrong secrets and of tokens issued. */
export function createTokenLimits(limits: GatewayLimits, meters: Meters): TokenLimits {
  const byClient = meters.meter({
    name: 'wrong-secrets',
    perMinute: limits.wrongSecretsPerMinute,
    sentence: 'Too many wrong secrets for this client.',
  });
  const byAddress = meters.meter({
    name: 'wrong-secrets-of-address',
    perMinute: limits.wrongSecretsPerAddress,
    sentence: 'Too many wrong secrets from this address.',
  });
  const issued = meters.meter({
    name: 'tokens',
    perMinute: limits.tokensPerMinute,
    sentence: `A client may fetch ${limits.tokensPerMinute} tokens a minute; a token can be used until it ends.`,
  });

  return {
    async try(clientId, address) {
      const both = JSON.stringify([address, clientId]);
      await byAddress.spend(address, 1);
      await byClient.spend(both, 1);
      return {
        succeeded: async () => {
          await byAddress.giveBack(address, 1);
          await byClient.giveBack(both, 1);
        },
      };
    },
    issue: async (clientId) => {
      await issued.spend(clientId, 1);
    },
  };
}
