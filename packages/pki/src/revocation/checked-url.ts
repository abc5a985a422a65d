import { isIP } from 'node:net';
import { FetchFailure } from './no-verdict.ts';

/** What is looked at of an address before it is asked. */
export interface AddressRules {
  /** Says of an IP address whether it may be connected to: `isPublicAddress` unless configured otherwise. */
  readonly isAllowed: (address: string) => boolean;
  /** Lets ports other than 80 and 443 be asked. */
  readonly anyPort: boolean;
}

const longest = 2048;

/**
 * Reads the address of a responder or CRL: http or https, no user name, the usual ports, no address that is not allowed. A name's
 * addresses are looked at when it is connected to.
 *
 * @throws FetchFailure for any other
 */
export function checkedUrl(text: string, { isAllowed, anyPort }: AddressRules): URL {
  const refuse = (phrase: string): FetchFailure => new FetchFailure(phrase, { ofHost: false });
  if (text.length > longest || !URL.canParse(text)) throw refuse('has an address that is no URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('is neither at http nor at https');
  if (url.username !== '' || url.password !== '') throw refuse('has an address with a user name');
  const usual = ['', '80', '443'].includes(url.port);
  if (!usual && !anyPort) throw refuse('is at a port that is not asked');
  const host = bareHost(url);
  if (isIP(host) !== 0 && !isAllowed(host)) {
    throw refuse('is at a private address, which is not asked');
  }
  return url;
}

/** The host without the brackets around an IPv6 address. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
