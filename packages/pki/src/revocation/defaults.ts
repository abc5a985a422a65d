import type { KeepingSettings, NetworkSettings, RevocationCheckerOptions } from './settings.ts';

const second = 1_000;
const hour = 3_600 * second;
const mebibyte = 2 ** 20;

/** All settings, those that are not given as {@link NetworkSettings} and {@link KeepingSettings} say. */
export function defaults({ network = {}, keeping = {} }: RevocationCheckerOptions): {
  readonly network: Required<NetworkSettings>;
  readonly keeping: Required<KeepingSettings>;
} {
  const timeout = network.timeout ?? 5 * second;
  return {
    network: {
      timeout,
      checkTimeout: network.checkTimeout ?? 2 * timeout,
      privateAddresses: network.privateAddresses ?? 'refuse',
      ports: network.ports ?? 'usual',
      redirects: network.redirects ?? 'refuse',
      maximumOcspSize: network.maximumOcspSize ?? 64 * 1024,
      maximumCrlSize: network.maximumCrlSize ?? 16 * mebibyte,
      parallel: network.parallel ?? 32,
      parallelPerHost: network.parallelPerHost ?? 4,
      backOff: network.backOff ?? 30 * second,
    },
    keeping: {
      verdicts: keeping.verdicts ?? 50_000,
      crlOctets: keeping.crlOctets ?? 64 * mebibyte,
      withoutNextUpdate: keeping.withoutNextUpdate ?? hour,
      longest: keeping.longest ?? 7 * 24 * hour,
    },
  };
}
