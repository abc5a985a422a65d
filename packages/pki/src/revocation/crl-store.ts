import type { Clock } from '@chargegraph/service';
import { LRUCache } from 'lru-cache';
import type { Certificate } from '../certificate.ts';
import { readCrl, type Crl } from './crl.ts';
import type { Fetcher } from './fetcher.ts';
import { holdsUntil, type Lifetimes } from './freshness.ts';
import { NoVerdict } from './no-verdict.ts';

/** A CRL with the time until which it holds. */
export interface KeptCrl extends Crl {
  readonly holdsUntil: Date;
  readonly fetchedAt: Date;
}

/** What {@link createCrlStore} is made of. */
export interface CrlStoreOptions {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly lifetimes: Lifetimes;
  /** Octets of the largest CRL. */
  readonly maximumSize: number;
  /** Octets of all that are kept. */
  readonly capacity: number;
  /** Milliseconds for which an address whose CRL was of no use is not asked again. */
  readonly backOff: number;
  readonly signal: AbortSignal;
}

/** The CRLs that were fetched: by address and issuer, while they hold. */
export interface CrlStore {
  /**
   * The CRL at `url`, verified with `issuer`'s key and holding now.
   *
   * @param validBeyond one that ends earlier is fetched anew, unless that was done just now
   * @throws NoVerdict if there is none
   */
  get(url: string, issuer: Certificate, validBeyond: Date): Promise<KeptCrl>;
}

const rememberedFailures = 1_000;

/** A CRL that is to be renewed is fetched once for all that ask for it within these milliseconds. */
const renewal = 60_000;

/** Keeps CRLs up to so many octets; each is fetched and read once, however many wait for it. */
export function createCrlStore(options: CrlStoreOptions): CrlStore {
  const { clock, fetcher, lifetimes, maximumSize, backOff, signal } = options;
  const kept = new LRUCache<string, KeptCrl>({
    maxSize: options.capacity,
    sizeCalculation: ({ entries }) => Math.max(1, entries.octets),
  });
  const underWay = new Map<string, Promise<KeptCrl>>();
  const failures = new LRUCache<string, { readonly until: number; readonly error: unknown }>({
    max: rememberedFailures,
  });

  const download = async (url: string, issuer: Certificate): Promise<KeptCrl> => {
    const octets = await fetcher.fetch({ url, accept: 'application/pkix-crl', maximumSize, signal });
    const crl = await readCrl(octets, issuer);
    const now = clock.now();
    return { ...crl, fetchedAt: now, holdsUntil: holdsUntil(crl, now, lifetimes, lifetimes.longest) };
  };

  const fetchOnce = async (key: string, url: string, issuer: Certificate): Promise<KeptCrl> => {
    const failed = failures.get(key);
    if (failed !== undefined && failed.until > clock.now().getTime()) throw failed.error;
    const pending = underWay.get(key);
    if (pending !== undefined) return await pending;
    const promise = download(url, issuer);
    underWay.set(key, promise);
    try {
      const crl = await promise;
      kept.set(key, crl);
      return crl;
    } catch (error) {
      failures.set(key, { until: clock.now().getTime() + backOff, error });
      throw error;
    } finally {
      underWay.delete(key);
    }
  };

  return {
    get: async (url, issuer, validBeyond) => {
      const key = `${issuer.fingerprint} ${url}`;
      const now = clock.now();
      const crl = kept.get(key);
      if (crl === undefined || crl.holdsUntil <= now) return await fetchOnce(key, url, issuer);
      const isFresh = crl.holdsUntil > validBeyond || crl.fetchedAt.getTime() + renewal > now.getTime();
      if (isFresh) return crl;
      try {
        return await fetchOnce(key, url, issuer);
      } catch (error) {
        // It could have been renewed, and still holds.
        if (error instanceof NoVerdict) return crl;
        throw error;
      }
    },
  };
}
