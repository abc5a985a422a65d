import type { Clock, Logger } from '@chargegraph/service';

/** What a checker may do on the network. Times in milliseconds, sizes in octets. */
export interface NetworkSettings {
  /** Most time for one request, from looking the name up to the answer's last octet; 5,000 unless given. */
  readonly timeout?: number;
  /** Most time for one check, over all its addresses; twice `timeout` unless given. */
  readonly checkTimeout?: number;
  /** Lets loopback, private and other addresses that are not the public internet's be asked, at any port. */
  readonly privateAddresses?: 'refuse' | 'allow';
  /** Lets ports other than 80 and 443 be asked on the public internet too. */
  readonly ports?: 'usual' | 'any';
  /** Lets redirects be followed, three at most, each checked like the first address. */
  readonly redirects?: 'refuse' | 'follow';
  /** The largest OCSP answer that is read; 64 KiB unless given. */
  readonly maximumOcspSize?: number;
  /** The largest CRL that is read; 16 MiB unless given. */
  readonly maximumCrlSize?: number;
  /** Requests under way at once; 32 unless given. */
  readonly parallel?: number;
  /** Requests under way at once to one host and port; 4 unless given. */
  readonly parallelPerHost?: number;
  /** How long a host that failed is not asked; 30,000 unless given. */
  readonly backOff?: number;
}

/** What a checker keeps. Times in milliseconds, sizes in octets. */
export interface KeepingSettings {
  /** Verdicts in memory; 50,000 unless given. */
  readonly verdicts?: number;
  /** Octets of CRLs in memory; 64 MiB unless given. */
  readonly crlOctets?: number;
  /** How long a verdict without `nextUpdate` holds; an hour unless given. */
  readonly withoutNextUpdate?: number;
  /** The longest that a verdict holds, whatever its `nextUpdate`; 7 days unless given. */
  readonly longest?: number;
}

/** What a checker is made of. */
export interface RevocationCheckerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network?: NetworkSettings;
  readonly keeping?: KeepingSettings;
}
