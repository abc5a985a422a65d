import type { GatewayLimits } from './gateway-limits.ts';
import type { Meters } from './meter.ts';

/** The limit of what anybody may fetch. */
export interface CrlLimits {
  /**
   * Counts a revocation list that is fetched from an address, be it there or not.
   *
   * @throws RateLimited
   */
  read(address: string): Promise<void>;
}

/** The limit of revocation lists by address. */
export function createCrlLimits(limits: GatewayLimits, meters: Meters): CrlLimits {
  const byAddress = meters.meter({
    name: 'crls-of-address',
    perMinute: limits.crlsPerAddress,
    sentence: `An address may fetch ${limits.crlsPerAddress} revocation lists a minute.`,
  });
  return {
    read: async (address) => {
      await byAddress.spend(address, 1);
    },
  };
}
