import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { FetchFailure } from './no-verdict.ts';

/** Finds all addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The machine's own resolver. */
export const systemResolve: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });

/**
 * A look-up for the connection itself that gives only addresses that are allowed: there is no second look-up
 * between check and connection whose answer could be another.
 */
export function guardedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const ofFamily = found.filter(({ family }) => matches(options.family, family));
        const allowed = ofFamily.filter(({ address }) => isAllowed(address));
        const [first] = allowed;
        if (first === undefined) {
          const phrase =
            ofFamily.length === 0
              ? 'has a name without an address'
              : 'is at a private address, which is not asked';
          callback(new FetchFailure(phrase, { ofHost: true }), '');
        } else if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), '');
      },
    );
  };
}

function matches(wanted: number | string | undefined, family: number): boolean {
  return wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${String(family)}`;
}
